package narthex.wiring;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.logging.Logger;
import narthex.blob.BlobStore;
import narthex.blob.CountingBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.maintain.Jobs;
import narthex.maintain.Statistics;
import narthex.serve.Readiness;
import narthex.settings.ServerSettings;
import narthex.settings.Settings;
import narthex.settings.StorageSettings;
import narthex.staging.ClusterWatch;
import narthex.staging.InFlightRegistry;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.upstream.Upstreams;
import narthex.web.BodyPace;
import narthex.web.RunningRequests;
import narthex.web.Shares;
import narthex.web.Site;

/** Opens and starts all components of one deployment. Closes them in reverse order. */
final class Components implements Closeable {
  private static final System.Logger LOG = System.getLogger(Components.class.getName());

  /** Packs are compressed again when no client was served for this time. */
  private static final Duration IDLE_AFTER = Duration.ofMinutes(1);

  private final Deque<Closeable> closeables;
  private final Site site;

  private Components(
      Settings settings, String context, int requestThreads, Deque<Closeable> closeables)
      throws IOException {
    this.closeables = closeables;
    DecoderBudget decoders = DecoderBudget.inHeap(Policies.chunks(settings).sizes().max());
    hold(settings.storage().dataDir(), context);
    Database database = database(Policies.database(settings.database()));
    CountingBlobStore blobs = new CountingBlobStore(blobs(settings.storage()));
    Cluster cluster = cluster(settings, database, blobs);
    ScheduledExecutorService timer = stopping(ThreadPools.timer("narthex-timer"));
    Assembly.Threads threads =
        new Assembly.Threads(
            stopping(ThreadPools.unbounded("narthex")),
            stopping(ThreadPools.unbounded("narthex-check")),
            stopping(ThreadPools.prefetching("narthex-prefetch")));
    Upstreams upstreams =
        UpstreamAssembly.open(settings, threads.tasks(), decoders.share(Work.DOWNLOADS));
    closeables.push(upstreams);
    Assembly.Base base =
        new Assembly.Base(
            new Assembly.Shared(database, blobs, cluster.registry()),
            upstreams,
            decoders,
            threads,
            InstantSource.system());
    Assembly assembly = new Assembly(settings, base);
    RunningRequests running = new RunningRequests();
    Maintenance maintenance =
        Maintenance.start(
            settings, base, assembly, () -> running.isQuietFor(IDLE_AFTER), blobs, closeables);
    Statistics statistics = JobAssembly.statistics(settings, base, blobs);
    this.site =
        assembly.site(
            new Site.Resources(
                running,
                shares(settings.readers(), requestThreads, timer),
                bodyPace(settings.bodies(), timer),
                decoders),
            new Jobs(
                JobAssembly.jobs(settings, base, assembly, maintenance, statistics),
                threads.tasks()),
            statistics,
            cluster.state());
  }

  /**
   * Opens and starts the components.
   *
   * @param context the context path, named in the lock file of the data directory
   * @param requestThreads number of the server's request threads
   * @throws IOException if the database can't be read; all opened components are closed
   * @throws narthex.settings.SettingsException if a setting can't be used, for example because its
   *     file can't be opened; all opened components are closed
   */
  static Components open(Settings settings, String context, int requestThreads) throws IOException {
    Deque<Closeable> closeables = new ArrayDeque<>();
    try {
      return new Components(settings, context, requestThreads, closeables);
    } catch (IOException | RuntimeException | Error e) {
      closeAll(closeables);
      throw e;
    }
  }

  Site site() {
    return site;
  }

  /** Returns the executor, registered to be stopped by {@link #close}. */
  private <T extends ExecutorService> T stopping(T executor) {
    closeables.push(() -> ThreadPools.stop(executor));
    return executor;
  }

  private void hold(Path dataDir, String context) {
    String holder = "process " + ProcessHandle.current().pid() + ", context " + context;
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

  private Shares shares(
      Settings.Readers readers, int requestThreads, ScheduledExecutorService timer) {
    Shares shares =
        new Shares(
            new Shares.Limits(requestThreads, readers.window(), readers.minBytesPerSecond()),
            timer);
    closeables.push(shares);
    return shares;
  }

  private static BodyPace bodyPace(Settings.Bodies bodies, ScheduledExecutorService timer) {
    return new BodyPace(bodies.idleTimeout(), bodies.minBytesPerSecond(), timer);
  }

  @Override
  public void close() {
    closeAll(closeables);
  }

  private static void closeAll(Deque<Closeable> closeables) {
    for (Closeable closeable : closeables) {
      try {
        closeable.close();
      } catch (IOException | RuntimeException e) {
        LOG.log(Level.WARNING, "not closed cleanly", e);
      }
    }
  }
}
