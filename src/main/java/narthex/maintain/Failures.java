package narthex.maintain;

import java.io.IOException;
import narthex.nix.OneLine;

/**
 * Tells and counts the items of a job that fail. Ends the job if very many fail. Not thread-safe.
 */
final class Failures {
  /** So many failures one after the other mean that the storage is out of order. */
  private static final int MOST_IN_A_ROW = 20;

  private final Progress progress;
  private long count;
  private int inARow;

  Failures(Progress progress) {
    this.progress = progress;
  }

  /** Returns how many items failed. */
  long count() {
    return count;
  }

  /** Notes that an item didn't fail. */
  void none() {
    inARow = 0;
  }

  /**
   * Tells a failure.
   *
   * @param item what failed, with an article or a key
   * @throws IOException if 20 items failed one after the other
   */
  void add(String item, IOException failure) throws IOException {
    count++;
    inARow++;
    progress.tell(item + " failed: " + OneLine.reason(failure));
    if (inARow == MOST_IN_A_ROW) {
      throw new IOException(
          MOST_IN_A_ROW + " failures one after the other; the last: " + failure, failure);
    }
  }
}
