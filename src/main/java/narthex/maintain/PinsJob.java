package narthex.maintain;

import java.io.IOException;
import java.util.List;
import narthex.db.PinRow;
import narthex.db.PinTable;
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
    List<PinTable.Listed> all = pins.list();
    for (PinTable.Listed one : all) {
      progress.tell(line(one));
    }
    return JobResult.of(Verdict.DONE).with("pins", all.size());
  }

  private static String line(PinTable.Listed one) {
    PinRow pin = one.pin();
    String path = one.storePath();
    return (path == null ? pin.path().text() : path)
        + (pin.name() == null ? "" : " (" + pin.name() + ")")
        + ", paths "
        + one.closure().paths()
        + (one.closure().missing() == 0 ? "" : ", missing " + one.closure().missing())
        + (pin.expiresAt() == null ? "" : ", expires " + pin.expiresAt());
  }
}
