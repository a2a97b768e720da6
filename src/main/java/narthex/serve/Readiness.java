package narthex.serve;

import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import narthex.blob.BlobStore;
import narthex.db.Database;

/** Tells whether the storage answers. Thread-safe. */
public final class Readiness {
  private static final String ANY_KEY = "readiness-probe";

  private final Database database;
  private final BlobStore blobs;
  private final Supplier<List<String>> upstreams;

  /**
   * Asks these two.
   *
   * @param upstreams tells how each upstream fares, a line each
   */
  public Readiness(Database database, BlobStore blobs, Supplier<List<String>> upstreams) {
    this.database = database;
    this.blobs = blobs;
    this.upstreams = upstreams;
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

  /** How each upstream fares, a line each, without passwords; none of them makes this unready. */
  public List<String> upstreams() {
    return upstreams.get();
  }
}
