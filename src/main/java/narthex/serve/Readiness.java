package narthex.serve;

import java.io.IOException;
import narthex.blob.BlobStore;
import narthex.db.Database;

/** Tells whether the storage answers. Thread-safe. */
public final class Readiness {
  private static final String ANY_KEY = "readiness-probe";

  private final Database database;
  private final BlobStore blobs;

  /** Asks these two. */
  public Readiness(Database database, BlobStore blobs) {
    this.database = database;
    this.blobs = blobs;
  }

  /**
   * Returns if the database and the blob store answer.
   *
   * @throws IOException what is wrong with the one that does not
   */
  public void check() throws IOException {
    database.ping();
    blobs.find(ANY_KEY);
  }
}
