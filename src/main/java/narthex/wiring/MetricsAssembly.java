package narthex.wiring;

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

  /** Starts to measure; {@link #show} has to follow. The caller closes the result. */
  static Metrics open(Settings settings) {
    return Metrics.open(new Release().version(), Policies.push(settings.metrics()));
  }

  /**
   * Connects the meters to what they measure, and shows them.
   *
   * @param context the context path
   */
  static void show(
      Metrics metrics,
      Backbone backbone,
      RunningRequests running,
      Maintenance maintenance,
      Jobs jobs,
      String context) {
    watchServer(metrics.server(), backbone, running);
    watchStorage(metrics.storage(), backbone, maintenance.eviction());
    watchWork(metrics.work(), maintenance, jobs);
    backbone.closeables().push(metrics.showByJmx(context));
  }

  private static void watchServer(ServerMeters meters, Backbone backbone, RunningRequests running) {
    Assembly.Base base = backbone.base();
    meters.watch(running);
    meters.watch(base.upstreams());
    meters.watch(base.decoders());
    meters.watchFlights(backbone.assembly().flights()::size);
    for (ThreadPoolExecutor pool : backbone.pools()) {
      meters.watch(ThreadPools.name(pool), pool);
    }
    meters.watchCluster(
        () -> base.shared().cluster().map(registry -> registry.members().size()).orElse(1),
        backbone.settings().cluster().expectedMembers());
  }

  private static void watchStorage(StorageMeters meters, Backbone backbone, Eviction eviction) {
    Database database = backbone.base().shared().database();
    Settings settings = backbone.settings();
    meters.watch(new DatabaseLoad(database));
    meters.watch(backbone.observedBlobs());
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

  private static void watchWork(WorkMeters meters, Maintenance maintenance, Jobs jobs) {
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
}
