package narthex.wiring;

import java.io.Closeable;
import java.io.IOException;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadPoolExecutor;
import narthex.db.Database;
import narthex.db.DatabaseLoad;
import narthex.db.StatisticsTable;
import narthex.ingest.CdcMode;
import narthex.maintain.Chores;
import narthex.maintain.Eviction;
import narthex.maintain.Jobs;
import narthex.metrics.Metrics;
import narthex.metrics.ServerMeters;
import narthex.metrics.StorageMeters;
import narthex.metrics.StoredFigures;
import narthex.metrics.WorkMeters;
import narthex.settings.Settings;
import narthex.settings.Settings.Storage;
import narthex.web.RunningRequests;

/** Measures the parts of a server. */
final class MetricsAssembly {
  private MetricsAssembly() {}

  /** Starts to measure. The caller closes the result. */
  static Metrics open(Settings settings) {
    return Metrics.open(new Release().version(), Policies.push(settings.metrics()));
  }

  /** Counts what happens from now on. */
  static void count(Metrics metrics, Backbone backbone, Maintenance maintenance, Jobs jobs) {
    metrics.server().watch(backbone.base().upstreams());
    metrics.storage().watch(new DatabaseLoad(backbone.base().shared().database()));
    metrics.storage().watch(backbone.observedBlobs());
    countWork(metrics.work(), maintenance, jobs);
  }

  private static void countWork(WorkMeters meters, Maintenance maintenance, Jobs jobs) {
    Set<String> names = new HashSet<>();
    maintenance.chores().stream()
        .flatMap(chores -> chores.states().stream())
        .forEach(state -> names.add(state.name()));
    meters.expect(names, jobs.names());
    for (Chores chores : maintenance.chores()) {
      chores.observe(meters);
    }
    jobs.observe(meters);
  }

  /**
   * Adds the figures that are looked up when somebody reads them, and shows all by JMX. The caller
   * closes the result.
   *
   * @param context the context path
   */
  static Closeable show(
      Metrics metrics,
      Backbone backbone,
      RunningRequests running,
      Eviction eviction,
      String context) {
    metrics.watchJvm();
    showServer(metrics.server(), backbone, running);
    showStorage(metrics.storage(), backbone, eviction);
    return metrics.showByJmx(context);
  }

  private static void showServer(ServerMeters meters, Backbone backbone, RunningRequests running) {
    Assembly.Base base = backbone.base();
    meters.watch(running);
    meters.watch(base.decoders());
    meters.watchFlights(backbone.assembly().flights()::size);
    for (ThreadPoolExecutor pool : backbone.pools()) {
      meters.watch(ThreadPools.name(pool), pool);
    }
    meters.watchCluster(
        () -> base.shared().cluster().map(registry -> registry.members().size()).orElse(1),
        backbone.settings().cluster().expectedMembers());
  }

  private static void showStorage(StorageMeters meters, Backbone backbone, Eviction eviction) {
    Database database = backbone.base().shared().database();
    Settings settings = backbone.settings();
    meters.watch(eviction);
    StoredFigures.Queue queue =
        Policies.mode(settings) == CdcMode.OFF ? () -> 0 : database.chunkingQueue()::countUnchunked;
    meters.watch(
        new StoredFigures(
            new StatisticsTable(database)::count,
            queue,
            backbone.base().threads().tasks(),
            backbone.base().clock()));
    Eviction.Limits limits = Policies.eviction(settings).limits();
    meters.watch(
        new StorageMeters.Space(
            () -> orNan(backbone.blobs().bytes()),
            () -> freeBytes(settings.storage()),
            orNan(limits.maxBytes()),
            orNan(limits.minFreeBytes())));
  }

  private static double orNan(OptionalLong bytes) {
    return bytes.isPresent() ? bytes.getAsLong() : Double.NaN;
  }

  private static double freeBytes(Storage storage) {
    try {
      return orNan(BlobStores.freeBytes(storage.blobs()));
    } catch (IOException unknown) {
      return Double.NaN;
    }
  }
}
