package narthex.maintain;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import narthex.nix.OneLine;

/**
 * Works on the items of a job one after the other, until it is stopped. An item that fails is told
 * and counted, and the work goes on, unless very many fail. Not thread-safe.
 */
final class JobItems {
  /** So many failures one after the other mean that the storage is out of order. */
  private static final int MOST_IN_A_ROW = 20;

  private final Progress progress;
  private long failed;
  private int failedInARow;
  private boolean isStopped;

  /** Finds the items after one, in their order. */
  @FunctionalInterface
  interface Pages<T> {
    List<T> find(Optional<T> after) throws IOException;
  }

  /** Works on one item. */
  @FunctionalInterface
  interface Step<T> {
    void run(T item) throws IOException;
  }

  JobItems(Progress progress) {
    this.progress = progress;
  }

  /**
   * The items of one kind.
   *
   * @param what what they are, for the progress: a plural noun
   * @param name names an item that failed
   */
  record Kind<T>(String what, Function<T, String> name) {}

  /**
   * Works on all items of a kind. Does nothing once it was stopped.
   *
   * @param total how many there are; more may come meanwhile
   * @throws IOException if items can't be found, the thread is interrupted, or 20 items failed one
   *     after the other
   */
  <T> void each(Kind<T> kind, long total, Pages<T> pages, Step<T> step) throws IOException {
    long done = 0;
    progress.at(kind.what(), done, total);
    Optional<T> last = Optional.empty();
    for (List<T> page = pages.find(last); !page.isEmpty(); page = pages.find(last)) {
      for (T item : page) {
        isStopped |= progress.isStopped();
        if (isStopped) {
          return;
        }
        run(kind, item, step);
        done++;
        progress.at(kind.what(), done, Math.max(done, total));
      }
      last = Optional.of(page.get(page.size() - 1));
    }
  }

  private <T> void run(Kind<T> kind, T item, Step<T> step) throws IOException {
    try {
      step.run(item);
      failedInARow = 0;
    } catch (Pace.StoppedException stopped) {
      isStopped = true;
    } catch (InterruptedIOException interrupted) {
      throw interrupted;
    } catch (IOException failure) {
      failed++;
      failedInARow++;
      progress.tell(kind.name().apply(item) + " failed: " + OneLine.reason(failure));
      if (failedInARow == MOST_IN_A_ROW) {
        throw new IOException(
            MOST_IN_A_ROW + " failures one after the other; the last: " + failure, failure);
      }
    }
  }

  /** Returns how many items failed. */
  long failed() {
    return failed;
  }

  /** Returns whether work remains: it was stopped, or items failed. */
  boolean isUnfinished() {
    return isStopped || failed > 0;
  }
}
