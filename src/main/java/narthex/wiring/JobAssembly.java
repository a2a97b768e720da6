package narthex.wiring;

import java.util.List;
import narthex.maintain.CollectJob;
import narthex.maintain.EvictJob;
import narthex.maintain.FsckJob;
import narthex.maintain.Job;
import narthex.maintain.Jobs;
import narthex.maintain.PinsJob;
import narthex.maintain.Statistics;
import narthex.maintain.UnpinJob;

/** Creates the jobs that an administrator can ask for, over HTTP or on the command line. */
final class JobAssembly {
  private JobAssembly() {}

  /**
   * Returns all jobs.
   *
   * @param maintenance what jobs share with the background work
   */
  static Jobs jobs(Backbone backbone, Maintenance maintenance, Statistics statistics) {
    Assembly.Base base = backbone.base();
    Assembly assembly = backbone.assembly();
    List<Job> jobs =
        List.of(
            new CollectJob(maintenance.collection()),
            new EvictJob(maintenance.eviction(), maintenance.collection()),
            maintenance.migration(),
            statistics,
            new FsckJob(FsckAssembly.fsck(base, assembly)),
            assembly.pinJob(),
            new UnpinJob(assembly.pins()),
            new PinsJob(assembly.pins()));
    return new Jobs(jobs, base.threads().tasks());
  }

  /** Returns the statistics. */
  static Statistics statistics(Backbone backbone) {
    return statistics(backbone, AdminAssembly.server(backbone));
  }

  /**
   * Returns the statistics.
   *
   * @param server adds figures about the server
   */
  static Statistics statistics(Backbone backbone, Statistics.Source server) {
    return new Statistics(backbone.base().shared().database(), backbone.blobs(), server);
  }
}
