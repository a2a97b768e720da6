package narthex.wiring;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.TreeSet;
import narthex.blob.CountingBlobStore;
import narthex.maintain.CollectJob;
import narthex.maintain.EvictJob;
import narthex.maintain.FsckJob;
import narthex.maintain.Job;
import narthex.maintain.PinsJob;
import narthex.maintain.Statistics;
import narthex.maintain.UnpinJob;
import narthex.settings.Settings;

/** Creates the jobs that an administrator can ask for, over HTTP or on the command line. */
final class JobAssembly {
  private JobAssembly() {}

  /**
   * Returns all jobs.
   *
   * @param base what the assembly was made of
   * @param maintenance what jobs share with the background work
   */
  static List<Job> jobs(
      Settings settings,
      Assembly.Base base,
      Assembly assembly,
      Maintenance maintenance,
      Statistics statistics) {
    return List.of(
        new CollectJob(maintenance.collection()),
        new EvictJob(maintenance.eviction(), maintenance.collection()),
        maintenance.migration(),
        statistics,
        new FsckJob(FsckAssembly.fsck(base, assembly)),
        assembly.pinJob(),
        new UnpinJob(assembly.pins()),
        new PinsJob(assembly.pins()));
  }

  /**
   * Returns the statistics.
   *
   * @param blobs the store of the base
   */
  static Statistics statistics(Settings settings, Assembly.Base base, CountingBlobStore blobs) {
    Instant openedAt = base.clock().instant();
    return new Statistics(
        base.shared().database(),
        blobs,
        figures -> {
          figures.put("version", new Release().version());
          figures.put("upSince", openedAt.truncatedTo(ChronoUnit.SECONDS).toString());
          figures.put("cdc", settings.chunking().mode());
          base.shared()
              .cluster()
              .ifPresent(
                  registry ->
                      figures.put("members", String.join(" ", new TreeSet<>(registry.members()))));
        });
  }
}
