package narthex.serve;

import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import narthex.blob.BlobStore;
import narthex.db.Database;

/** Checks whether the database and the blob store respond. Thread-safe. */
public final class Readiness {
  private final Database database;
  private final BlobStore blobs;
  private final Supplier<List<String>> upstreams;
  private final Supplier<List<String>> cluster;

  /**
   * Creates a check of this database and blob store.
   *
   * @param upstreams gives the state of each upstream, one line each
   * @param cluster gives the state of the cluster, one line; none if there is no cluster
   */
  public Readiness(
      Database database,
      BlobStore blobs,
      Supplier<List<String>> upstreams,
      Supplier<List<String>> cluster) {
    this.database = database;
    this.blobs = blobs;
    this.upstreams = upstreams;
    this.cluster = cluster;
  }

  /**
   * Returns normally if the database and the blob store respond.
   *
   * @throws IOException the reason if one of them doesn't
   */
  public void check() throws IOException {
    database.ping();
    blobs.ping();
  }

  /** The state of each upstream, one line each, without passwords. It doesn't affect readiness. */
  public List<String> upstreams() {
    return upstreams.get();
  }

  /** The members of the cluster, one line; none if there is no cluster. */
  public List<String> cluster() {
    return cluster.get();
  }
}
