package narthex.wiring;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import narthex.maintain.BackupJob;
import narthex.maintain.CollectJob;
import narthex.maintain.EvictJob;
import narthex.maintain.FsckJob;
import narthex.maintain.Job;
import narthex.maintain.Jobs;
import narthex.maintain.PinsJob;
import narthex.maintain.Statistics;
import narthex.maintain.UnpinJob;
import narthex.settings.BlobPlace;
import narthex.settings.Settings;
import narthex.stream.DecoderBudget.Work;

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
            backup(backbone),
            statistics,
            new FsckJob(FsckAssembly.fsck(base, assembly, backbone.settings().uploading().grace())),
            assembly.pinJob(),
            new UnpinJob(assembly.pins()),
            new PinsJob(assembly.pins()));
    Jobs all = new Jobs(jobs, base.threads().tasks());
    all.share(maintenance.leases());
    return all;
  }

  private static BackupJob backup(Backbone backbone) {
    Assembly.Base base = backbone.base();
    Settings.Storage storage = backbone.settings().storage();
    List<Path> folders = new ArrayList<>(List.of(storage.dataDir()));
    if (storage.blobs() instanceof BlobPlace.Directory directory) {
      folders.add(directory.root());
    }
    return new BackupJob(
        new BackupJob.Store(
            base.shared().database(),
            base.shared().blobs(),
            base.decoders().share(Work.BACKGROUND),
            folders,
            backbone.settings().signing().keyFiles()));
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
