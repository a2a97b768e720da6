package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import narthex.blob.BlobStore;
import narthex.db.Database;
import narthex.db.GarbageTable;

/**
 * Deletes blobs that are listed as garbage: first the blob, then the line, so that nothing is
 * forgotten by a stop. A client that has opened a blob before reads it to its end.
 */
public final class DeleteGarbage implements Chore<String> {
  private static final System.Logger LOG = System.getLogger(DeleteGarbage.class.getName());

  private final GarbageTable garbage;
  private final BlobStore blobs;
  private final InstantSource clock;

  /** The rows of this database are the queue. */
  public DeleteGarbage(Database database, BlobStore blobs, InstantSource clock) {
    this.garbage = database.garbage();
    this.blobs = blobs;
    this.clock = clock;
  }

  @Override
  public String done() {
    return "deleted";
  }

  @Override
  public List<String> find(Optional<String> after, int most) throws IOException {
    return garbage.findDue(clock.instant(), after, most);
  }

  /** A writer may have named an old blob at the moment it was listed: then the blob stays. */
  @Override
  public boolean run(String blob) throws IOException {
    boolean isUnnamed = garbage.findUnnamed(Set.of(blob)).contains(blob);
    if (isUnnamed) {
      blobs.delete(blob);
    } else {
      LOG.log(Level.WARNING, "garbage blob is in use, keeping it key={0}", blob);
    }
    garbage.remove(blob);
    return isUnnamed;
  }
}
