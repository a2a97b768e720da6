package narthex.maintain;

import java.io.IOException;
import java.util.List;
import narthex.maintain.JobResult.Verdict;

/** The job {@code pins}: tells one line for each pin. */
public final class PinsJob implements Job {
  private final Pins pins;

  /** Lists these pins. */
  public PinsJob(Pins pins) {
    this.pins = pins;
  }

  @Override
  public String name() {
    return "pins";
  }

  @Override
  public Work prepare(JobOptions options) {
    return this::list;
  }

  private JobResult list(Progress progress) throws IOException {
    List<ListedPin> all = pins.list();
    all.forEach(pin -> progress.tell(pin.line()));
    return JobResult.of(Verdict.DONE).with("pins", all.size());
  }
}
