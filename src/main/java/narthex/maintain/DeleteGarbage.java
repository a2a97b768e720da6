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
 * Deletes blobs that are listed as garbage. Deletes the blob before its row in the list, so that a
 * kill in between loses nothing. Deletes nothing while the deletion is {@linkplain
 * GarbageTable#hold held}.
 */
public final class DeleteGarbage implements Chore<String> {
  private static final System.Logger LOG = System.getLogger(DeleteGarbage.class.getName());

  private final GarbageTable garbage;
  private final BlobStore blobs;
  private final InstantSource clock;

  /** The garbage table of this database shows which blobs are pending. */
  public DeleteGarbage(Database database, BlobStore blobs, InstantSource clock) {
    this.garbage = database.garbage();
    this.blobs = blobs;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "delete garbage";
  }

  @Override
  public String done() {
    return "garbage blobs deleted";
  }

  @Override
  public List<String> find(Optional<String> after, int most) throws IOException {
    return garbage.isHeld() ? List.of() : garbage.findDue(clock.instant(), after, most);
  }

  /** Keeps a blob if a row refers to it: a writer may have published it just when it was listed. */
  @Override
  public boolean run(String blob) throws IOException {
    if (garbage.isHeld()) {
      return false;
    }
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
