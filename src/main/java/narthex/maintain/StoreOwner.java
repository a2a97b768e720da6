package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.blob.ListedBlob;
import narthex.db.Database;

/**
 * Which database the blobs of a store belong to, which a blob says: its key has the database's
 * random name. Without it, a server that was given the wrong database, or an empty one, would take
 * every blob for one without a row, and delete it.
 */
final class StoreOwner {
  private static final System.Logger LOG = System.getLogger(StoreOwner.class.getName());
  private static final String FOLDER = "owner/";
  private static final int SOME = 10;

  private final Database database;
  private final BlobStore blobs;

  StoreOwner(Database database, BlobStore blobs) {
    this.database = database;
    this.blobs = blobs;
  }

  /** Whether this blob says whose the others are. */
  static boolean isMark(String key) {
    return key.startsWith(FOLDER);
  }

  /**
   * Whether the blobs are those of this database alone; a store that is nobody's becomes its own.
   *
   * @throws IOException if that cannot be told just now
   */
  boolean isOurs() throws IOException {
    String ours = FOLDER + database.garbage().owner();
    List<String> marks =
        blobs.list(Optional.of(FOLDER), SOME).stream()
            .map(ListedBlob::key)
            .filter(StoreOwner::isMark)
            .toList();
    if (marks.isEmpty()) {
      try (BlobSink sink = blobs.create(ours)) {
        sink.commit();
      }
      return true;
    }
    List<String> others = marks.stream().filter(mark -> !mark.equals(ours)).toList();
    if (!others.isEmpty()) {
      LOG.log(
          Level.WARNING,
          "orphaned blobs are kept because another database uses this blob store too; if that"
              + " database no longer exists, delete its marker blob={0}",
          others.get(0));
    }
    return others.isEmpty();
  }
}
