package narthex.wiring;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.TreeSet;
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
    Assembly.Base base = backbone.base();
    String mode = backbone.settings().chunking().mode();
    Instant openedAt = base.clock().instant();
    return new Statistics(
        base.shared().database(),
        backbone.blobs(),
        figures -> {
          figures.put("version", new Release().version());
          figures.put("upSince", openedAt.truncatedTo(ChronoUnit.SECONDS).toString());
          figures.put("cdc", mode);
          base.shared()
              .cluster()
              .ifPresent(
                  registry ->
                      figures.put("members", String.join(" ", new TreeSet<>(registry.members()))));
        });
  }
}
