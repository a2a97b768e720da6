package narthex.wiring;

import java.io.Closeable;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import narthex.maintain.Chores;
import narthex.maintain.Fsck;
import narthex.maintain.Leases;
import narthex.maintain.Scrub;
import narthex.settings.ScrubSettings;
import narthex.settings.Settings;
import narthex.stream.DecoderBudget.Work;

/** Creates the checks of the store. */
public final class FsckAssembly {
  private static final String FSCK = "fsck";
  private static final String SCRUB = "scrub";

  private FsckAssembly() {}

  /** Returns the check that an administrator asks for. */
  public static Fsck fsck(Assembly.Base base, Assembly assembly) {
    return named(FSCK, base, assembly);
  }

  /**
   * Starts the scrub, if the settings want it. It has a position of its own, and a thread of its
   * own, as it reads for days.
   *
   * @param closeables gets what must be closed, the last first
   */
  static void startScrub(
      Settings settings,
      Assembly.Base base,
      Assembly assembly,
      Leases leases,
      Deque<Closeable> closeables) {
    if (settings.scrub().isEmpty()) {
      return;
    }
    ScrubSettings.Policy policy = settings.scrub().get();
    Scrub scrub =
        new Scrub(
            named(SCRUB, base, assembly),
            new Scrub.Policy(policy.period(), policy.bytesPerSecond()),
            leases,
            base.clock());
    ExecutorService thread = ThreadPools.background("narthex-scrub", 1);
    closeables.push(() -> ThreadPools.stop(thread));
    Chores scrubs = new Chores(List.of(scrub), leases, thread, 1, base.clock());
    closeables.push(scrubs);
    ScheduledExecutorService timer = ThreadPools.timer("narthex-scrub-timer");
    closeables.push(() -> ThreadPools.stop(timer));
    timer.scheduleWithFixedDelay(scrubs::wake, 1, 1, TimeUnit.MINUTES);
  }

  private static Fsck named(String name, Assembly.Base base, Assembly assembly) {
    return new Fsck(
        name,
        new Fsck.Store(
            base.shared().database(),
            base.shared().blobs(),
            assembly.stored(),
            assembly.chunked(),
            base.decoders().share(Work.BACKGROUND)),
        new Fsck.Sources(base.upstreams(), assembly.download()::fetch),
        base.clock());
  }
}
