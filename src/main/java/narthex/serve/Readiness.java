package narthex.serve;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import narthex.blob.BlobStore;
import narthex.db.Database;

/**
 * Checks whether the server can do its work: the database and the blob store respond, the caches of
 * the cluster work, and the server isn't stopping. Thread-safe.
 */
public final class Readiness {
  private final Database database;
  private final BlobStore blobs;
  private final Supplier<List<String>> upstreams;
  private final Cluster cluster;
  private volatile boolean stopping;

  /**
   * The cluster of this server.
   *
   * @param states gives its state, one line; none if there is no cluster
   * @param fault gives the reason why its caches have failed for good; empty while they work
   */
  public record Cluster(Supplier<List<String>> states, Supplier<Optional<String>> fault) {
    /** No cluster. */
    public static final Cluster NONE = new Cluster(List::of, Optional::empty);
  }

  /**
   * Creates a check of this database and blob store.
   *
   * @param upstreams gives the state of each upstream, one line each
   */
  public Readiness(
      Database database, BlobStore blobs, Supplier<List<String>> upstreams, Cluster cluster) {
    this.database = database;
    this.blobs = blobs;
    this.upstreams = upstreams;
    this.cluster = cluster;
  }

  /**
   * Returns normally if the database and the blob store respond and the cluster has not failed.
   * Other replicas that are away don't matter.
   *
   * @throws IOException the reason if one of them doesn't
   */
  public void check() throws IOException {
    Optional<String> fault = cluster.fault().get();
    if (fault.isPresent()) {
      throw new IOException("the cluster has failed: " + fault.get());
    }
    database.ping();
    blobs.ping();
  }

  /** The state of each upstream, one line each, without passwords. It doesn't affect readiness. */
  public List<String> upstreams() {
    return upstreams.get();
  }

  /** The members of the cluster, one line; none if there is no cluster. */
  public List<String> cluster() {
    return cluster.states().get();
  }

  /** Makes the server unready for the rest of its life, because it is about to stop. */
  public void stop() {
    stopping = true;
  }

  /** Whether the server is about to stop. */
  public boolean isStopping() {
    return stopping;
  }
}
