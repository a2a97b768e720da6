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
 * Records in the blob store which database owns it, as an empty marker blob whose key contains the
 * random name of the database. Without the marker, a server with a wrong or empty database would
 * find no row for any blob and delete them all.
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

  /** Returns whether the key is that of a marker blob. */
  static boolean isMark(String key) {
    return key.startsWith(FOLDER);
  }

  /**
   * Returns whether the blob store has the marker of this database.
   *
   * @throws IOException if the blob store or the database fails
   */
  boolean isMarked() throws IOException {
    return blobs.direct().find(ours()).isPresent();
  }

  /**
   * Returns whether this database is the only owner of the blob store. Writes the marker if there
   * is none. Logs a warning if another database has a marker, or if the store is empty although
   * rows name blobs.
   *
   * @throws IOException if the blob store or the database fails
   */
  boolean isOurs() throws IOException {
    String ours = ours();
    List<String> marks = marks();
    if (marks.isEmpty()
        && database.fsck().namesBlobs()
        && blobs.list(Optional.empty(), 1).isEmpty()) {
      LOG.log(
          Level.WARNING,
          "the blob store is empty although the database has NARs: is it mounted, and the right"
              + " one?");
      return false;
    }
    if (marks.isEmpty()) {
      mark();
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

  /**
   * Returns whether another database has a marker in the store.
   *
   * @throws IOException if the blob store or the database fails
   */
  boolean isOfAnother() throws IOException {
    String ours = ours();
    return marks().stream().anyMatch(mark -> !mark.equals(ours));
  }

  /**
   * Writes the marker of this database, if it isn't there.
   *
   * @throws IOException if the blob store or the database fails
   */
  void mark() throws IOException {
    String ours = ours();
    if (marks().contains(ours)) {
      return;
    }
    try (BlobSink sink = blobs.create(ours)) {
      sink.commit();
    }
  }

  private String ours() throws IOException {
    return FOLDER + database.garbage().owner();
  }

  private List<String> marks() throws IOException {
    return blobs.list(Optional.of(FOLDER), SOME).stream()
        .map(ListedBlob::key)
        .filter(StoreOwner::isMark)
        .toList();
  }
}
