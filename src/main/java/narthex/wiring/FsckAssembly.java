package narthex.wiring;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import narthex.maintain.Chores;
import narthex.maintain.Fsck;
import narthex.maintain.Leases;
import narthex.maintain.Scrub;
import narthex.settings.ScrubSettings;
import narthex.stream.DecoderBudget.Work;

/** Creates the checks of the store. */
public final class FsckAssembly {
  private static final String FSCK = "fsck";
  private static final String SCRUB = "scrub";

  private FsckAssembly() {}

  /**
   * Returns the check that an administrator asks for.
   *
   * @param grace how long a NAR may be stored before its narinfo comes
   */
  public static Fsck fsck(Assembly.Base base, Assembly assembly, Duration grace) {
    return named(FSCK, base, assembly, grace);
  }

  /**
   * Starts the scrub, if the settings want it. It has a position of its own, and a thread of its
   * own, as it reads for days.
   */
  static Optional<Chores> startScrub(Backbone backbone, Leases leases) {
    Optional<ScrubSettings.Policy> wanted = backbone.settings().scrub();
    if (wanted.isEmpty()) {
      return Optional.empty();
    }
    ScrubSettings.Policy policy = wanted.get();
    Assembly.Base base = backbone.base();
    Scrub scrub =
        new Scrub(
            named(SCRUB, base, backbone.assembly(), backbone.settings().uploading().grace()),
            new Scrub.Policy(policy.period(), policy.bytesPerSecond()),
            leases,
            base.clock());
    ExecutorService thread = backbone.stopping(ThreadPools.background("narthex-scrub", 1));
    Chores scrubs = new Chores(List.of(scrub), leases, thread, 1, base.clock());
    backbone.closeables().push(scrubs);
    ScheduledExecutorService timer = backbone.stopping(ThreadPools.timer("narthex-scrub-timer"));
    timer.scheduleWithFixedDelay(scrubs::wake, 1, 1, TimeUnit.MINUTES);
    return Optional.of(scrubs);
  }

  private static Fsck named(String name, Assembly.Base base, Assembly assembly, Duration grace) {
    return new Fsck(
        name,
        new Fsck.Store(
            base.shared().database(),
            base.shared().blobs(),
            assembly.stored(),
            assembly.chunked(),
            base.decoders().share(Work.BACKGROUND)),
        new Fsck.Sources(base.upstreams(), assembly.download()::fetch),
        grace,
        base.clock());
  }
}
