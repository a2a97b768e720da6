package narthex.maintain;

import java.io.IOException;
import narthex.maintain.Finding.Outcome;
import narthex.nix.OneLine;

/** Tells what a check finds, and repairs it if that is wanted. For one thread. */
final class Mending {
  private final Fsck.Repair repair;
  private final FsckTally tally;
  private final Progress progress;

  /**
   * @param tally counts repairs
   */
  Mending(Fsck.Repair repair, FsckTally tally, Progress progress) {
    this.repair = repair;
    this.tally = tally;
    this.progress = progress;
  }

  /** Tells what was found. */
  void tell(Finding finding) {
    progress.tell(line(finding));
  }

  /** Tells what was found, and what became of it. */
  void mend(Finding finding) {
    if (repair == Fsck.Repair.NOTHING) {
      tell(finding);
      return;
    }
    try {
      Outcome outcome = finding.repair().run();
      tally.repaired(outcome);
      progress.tell(line(finding) + ": " + outcome.text());
    } catch (IOException e) {
      tally.unrepaired();
      progress.tell(line(finding) + ": not repaired: " + OneLine.reason(e));
    }
  }

  private static String line(Finding finding) {
    return OneLine.of(finding.kind().text() + ": " + finding.what());
  }
}
