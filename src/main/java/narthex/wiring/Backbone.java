package narthex.wiring;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.logging.Logger;
import narthex.blob.BlobStore;
import narthex.blob.CountingBlobStore;
import narthex.blob.ObservedBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.serve.Readiness;
import narthex.settings.ServerSettings;
import narthex.settings.Settings;
import narthex.settings.StorageSettings;
import narthex.staging.ClusterWatch;
import narthex.staging.InFlightRegistry;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.upstream.Upstreams;

/**
 * What a server and a job on the command line have in common: the stores, the cluster, the thread
 * pools, and the objects over them. Starts no background work.
 */
final class Backbone implements Closeable {
  private static final System.Logger LOG = System.getLogger(Backbone.class.getName());

  private final Deque<Closeable> closeables = new ArrayDeque<>();
  private final List<ThreadPoolExecutor> pools = new ArrayList<>();
  private final Settings settings;
  private final ObservedBlobStore observedBlobs;
  private final CountingBlobStore blobs;
  private final Cluster cluster;
  private final ScheduledExecutorService timer;
  private final Assembly.Base base;
  private final Assembly assembly;

  /**
   * Opens everything.
   *
   * @param holder who opens it, for the lock file of the data directory
   * @throws IOException if the database can't be read; then everything is closed
   * @throws narthex.settings.SettingsException if a setting can't be used, for example because its
   *     file can't be opened; then everything is closed
   */
  Backbone(Settings settings, String holder) throws IOException {
    this.settings = settings;
    try {
      DecoderBudget decoders = DecoderBudget.inHeap(Policies.chunks(settings).sizes().max());
      hold(settings.storage().dataDir(), holder);
      Database database = database(Policies.database(settings.database()));
      this.observedBlobs = new ObservedBlobStore(blobs(settings.storage()));
      this.blobs = new CountingBlobStore(observedBlobs);
      this.cluster = cluster(settings, database, blobs);
      this.timer = stopping(ThreadPools.timer("narthex-timer"));
      Assembly.Threads threads =
          new Assembly.Threads(
              stopping(ThreadPools.unbounded("narthex")),
              stopping(ThreadPools.unbounded("narthex-check")),
              stopping(ThreadPools.prefetching("narthex-prefetch")));
      Upstreams upstreams =
          UpstreamAssembly.open(settings, threads.tasks(), decoders.share(Work.DOWNLOADS));
      closeables.push(upstreams);
      this.base =
          new Assembly.Base(
              new Assembly.Shared(database, blobs, cluster.registry()),
              upstreams,
              decoders,
              threads,
              InstantSource.system());
      this.assembly = new Assembly(settings, base);
    } catch (IOException | RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  Settings settings() {
    return settings;
  }

  CountingBlobStore blobs() {
    return blobs;
  }

  Assembly.Base base() {
    return base;
  }

  Assembly assembly() {
    return assembly;
  }

  /** The state of the cluster. */
  Readiness.Cluster cluster() {
    return cluster.state();
  }

  /** A thread for delayed tasks. */
  ScheduledExecutorService timer() {
    return timer;
  }

  /** What is closed with this, the last first. */
  Deque<Closeable> closeables() {
    return closeables;
  }

  /** Returns the thread pools so far. */
  List<ThreadPoolExecutor> pools() {
    return List.copyOf(pools);
  }

  /** The blob store below the one that counts. */
  ObservedBlobStore observedBlobs() {
    return observedBlobs;
  }

  /** Returns the executor, registered to be stopped by {@link #close}. */
  <T extends ExecutorService> T stopping(T executor) {
    closeables.push(() -> ThreadPools.stop(executor));
    if (executor instanceof ThreadPoolExecutor pool) {
      pools.add(pool);
    }
    return executor;
  }

  private void hold(Path dataDir, String who) {
    String holder = "process " + ProcessHandle.current().pid() + ", " + who;
    closeables.push(
        Opening.of(ServerSettings.DATA_DIR.name(), () -> DataFolder.hold(dataDir, holder)));
  }

  private BlobStore blobs(Settings.Storage storage) {
    BlobStore blobs = BlobStores.open(storage, stopping(ThreadPools.unbounded("narthex-blobs")));
    closeables.push(blobs);
    return blobs;
  }

  private Database database(DatabaseAddress address) {
    String setting =
        address.jndi() == null
            ? StorageSettings.DATABASE_URL.name()
            : StorageSettings.DATABASE_JNDI.name();
    // The pool would log a failure with its stack trace. We report it in one line.
    Logger pool = Logger.getLogger("com.zaxxer.hikari.pool.HikariPool");
    java.util.logging.Level before = pool.getLevel();
    pool.setLevel(java.util.logging.Level.OFF);
    try {
      Database database = Opening.of(setting, () -> Database.open(address));
      closeables.push(database::close);
      return database;
    } finally {
      pool.setLevel(before);
    }
  }

  /**
   * The cluster of this replica.
   *
   * @param registry its registry; empty if the server is alone
   * @param state its state
   */
  private record Cluster(Optional<InFlightRegistry> registry, Readiness.Cluster state) {}

  private Cluster cluster(Settings settings, Database database, BlobStore blobs)
      throws IOException {
    if (!settings.cluster().enabled()) {
      return new Cluster(Optional.empty(), Readiness.Cluster.NONE);
    }
    ExecutorService calls = stopping(ThreadPools.clustering("narthex-cluster"));
    ScheduledExecutorService timer = stopping(ThreadPools.timer("narthex-cluster-events"));
    InFlightRegistry registry = ClusterAssembly.join(settings, database, blobs, calls, timer);
    closeables.push(registry);
    ClusterWatch watch = new ClusterWatch(registry, settings.cluster().expectedMembers(), timer);
    closeables.push(watch);
    return new Cluster(
        Optional.of(registry), new Readiness.Cluster(() -> List.of(watch.line()), registry::fault));
  }

  /** Closes everything, the last first. Failures are logged. */
  @Override
  public void close() {
    for (Closeable closeable : closeables) {
      try {
        closeable.close();
      } catch (IOException | RuntimeException e) {
        LOG.log(Level.WARNING, "not closed cleanly", e);
      }
    }
  }
}
