package narthex.serve;

import java.io.IOException;
import narthex.blob.BlobStore;
import narthex.blob.PassingBlobStore;
import narthex.blob.Spool;

/** A blob store that runs an action just before or after each commit. */
final class Snapshot extends PassingBlobStore {
  private final StoredNarTest.Moment moment;
  private final Runnable action;

  Snapshot(BlobStore store, StoredNarTest.Moment moment, Runnable action) {
    super(store);
    this.moment = moment;
    this.action = action;
  }

  @Override
  public Spool spool() throws IOException {
    return new Observed(store.spool());
  }

  private final class Observed extends PassingSpool {
    Observed(Spool spool) {
      super(spool);
    }

    @Override
    public void commit(String key) throws IOException {
      if (moment == StoredNarTest.Moment.BEFORE_THE_BLOB) {
        action.run();
      }
      spool.commit(key);
      if (moment == StoredNarTest.Moment.BETWEEN_BLOB_AND_ROW) {
        action.run();
      }
    }
  }
}
