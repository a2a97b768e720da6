package narthex.serve;

import java.io.IOException;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.blob.PassingBlobStore;

/** A blob store that does something just before or just after each commit. */
final class Snapshot extends PassingBlobStore {
  private final StoredNarTest.Moment moment;
  private final Runnable action;

  Snapshot(BlobStore store, StoredNarTest.Moment moment, Runnable action) {
    super(store);
    this.moment = moment;
    this.action = action;
  }

  @Override
  public BlobSink create(String key) throws IOException {
    return new Sink(store.create(key));
  }

  private final class Sink extends PassingSink {
    Sink(BlobSink sink) {
      super(sink);
    }

    @Override
    public void commit() throws IOException {
      if (moment == StoredNarTest.Moment.BEFORE_THE_BLOB) {
        action.run();
      }
      sink.commit();
      if (moment == StoredNarTest.Moment.BETWEEN_BLOB_AND_ROW) {
        action.run();
      }
    }
  }
}
