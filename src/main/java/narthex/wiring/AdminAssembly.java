package narthex.wiring;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.TreeSet;
import narthex.db.Database;
import narthex.maintain.ChoreState;
import narthex.maintain.Chores;
import narthex.maintain.Jobs;
import narthex.maintain.PathPage;
import narthex.maintain.Paths;
import narthex.maintain.RecentProblems;
import narthex.maintain.RecentStatistics;
import narthex.maintain.ServerState;
import narthex.maintain.Statistics;
import narthex.settings.BlobPlace;
import narthex.settings.Settings;
import narthex.web.RequestHistory;
import narthex.web.Site;

/** Creates what administrators see and do. */
final class AdminAssembly {
  private static final String LOGGERS = "narthex";

  private AdminAssembly() {}

  /**
   * Returns all of it.
   *
   * @param maintenance what jobs share with the background work
   * @param history is told of every request
   */
  static Site.Administration administration(
      Backbone backbone, Maintenance maintenance, RequestHistory history) {
    Assembly.Base base = backbone.base();
    Assembly assembly = backbone.assembly();
    Statistics.Source server = server(backbone);
    Statistics statistics = JobAssembly.statistics(backbone, server);
    Jobs jobs = JobAssembly.jobs(backbone, maintenance, statistics);
    RecentProblems problems = new RecentProblems(LOGGERS);
    backbone.closeables().push(problems);
    ServerState state =
        new ServerState(
            server,
            new ServerState.Activity(
                assembly.flights(), jobs, () -> states(maintenance.chores()), problems),
            base.upstreams(),
            room(backbone.settings()),
            new RecentStatistics(statistics, base.threads().tasks(), base.clock()),
            base.clock());

    Database database = base.shared().database();
    return new Site.Administration(
        jobs,
        assembly.pins(),
        statistics,
        new Paths(database),
        new PathPage(database, base.clock()),
        state,
        history);
  }

  private static List<ChoreState> states(List<Chores> chores) {
    return chores.stream().flatMap(each -> each.states().stream()).toList();
  }

  private static ServerState.Room room(Settings settings) {
    BlobPlace place = settings.storage().blobs();
    return new ServerState.Room(
        Policies.eviction(settings).limits(), () -> BlobStores.freeBytes(place));
  }

  /** Returns figures about the server. */
  static Statistics.Source server(Backbone backbone) {
    Assembly.Base base = backbone.base();
    String mode = backbone.settings().chunking().mode();
    Instant openedAt = base.clock().instant();
    String version = new Release().version();
    return figures -> {
      figures.put("version", version);
      figures.put("upSince", openedAt.truncatedTo(ChronoUnit.SECONDS).toString());
      figures.put("cdc", mode);
      base.shared()
          .cluster()
          .ifPresent(
              registry ->
                  figures.put("members", String.join(" ", new TreeSet<>(registry.members()))));
    };
  }
}
