package narthex.maintain;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import narthex.maintain.JobResult.Verdict;
import narthex.nix.StorePathHash;

/**
 * The job {@code pin}: pins a store path, optionally with a name and an expiry, and fetches what is
 * missing of its closure. The pin stays even if something can't be fetched, or the job is stopped.
 */
public final class PinJob implements Job {
  /** The name of this job. */
  public static final String NAME = "pin";

  private final Pins pins;
  private final PinPath.Sources sources;
  private final InstantSource clock;

  /** Fetches from these sources. */
  public PinJob(Pins pins, PinPath.Sources sources, InstantSource clock) {
    this.pins = pins;
    this.sources = sources;
    this.clock = clock;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Work prepare(JobOptions options) throws JobRefusedException {
    StorePathHash path = PinOptions.path(options);
    Optional<String> name = PinOptions.name(options);
    Optional<Instant> expires = PinOptions.expires(options, clock);
    return progress -> {
      pins.add(path, name.orElse(null), expires.orElse(null));
      PinPath.Result result = new PinPath(pins, sources, path, progress).run();
      boolean isDone = !progress.isStopped() && result.closure().missing() == 0;
      return JobResult.of(isDone ? Verdict.DONE : Verdict.UNFINISHED)
          .with("path", path.text())
          .with("paths", result.closure().paths())
          .with("narinfosFetched", result.narInfos())
          .with("narsFetched", result.nars())
          .with("missing", result.closure().missing());
    };
  }
}
