package narthex.maintain;

import narthex.maintain.JobResult.Verdict;
import narthex.nix.StorePathHash;

/** The job {@code unpin}: removes a pin, and nothing of what it kept. */
public final class UnpinJob implements Job {
  private final Pins pins;

  /** Removes from these pins. */
  public UnpinJob(Pins pins) {
    this.pins = pins;
  }

  @Override
  public String name() {
    return "unpin";
  }

  @Override
  public Work prepare(JobOptions options) throws JobRefusedException {
    StorePathHash path = PinOptions.path(options);
    return progress -> {
      boolean isRemoved = pins.remove(path);
      if (!isRemoved) {
        progress.tell("no pin of " + path.text());
      }
      return JobResult.of(isRemoved ? Verdict.DONE : Verdict.PROBLEMS)
          .with("removed", isRemoved ? 1 : 0);
    };
  }
}
