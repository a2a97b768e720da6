package narthex.maintain;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One kind of background work. Thread-safe.
 *
 * @param <T> the items that it works on, such as a NarHash or the key of a blob: ordered values
 *     whose {@code toString} is for the log
 */
public interface Chore<T> {
  /** The task, as an imperative for the log: "cut NARs into chunks". Also names its lease. */
  String name();

  /** What the number of finished items counts, for the log: "NARs cut into chunks". */
  String done();

  /**
   * Finds pending items, in order.
   *
   * @param after return only items after this one; empty to start with the first
   * @param most most results; fewer may be returned even if more are pending
   * @return empty if there are no more pending items
   * @throws IOException if the database or the blob store fails
   */
  List<T> find(Optional<T> after, int most) throws IOException;

  /**
   * Works on one item. Does nothing if the item is no longer pending.
   *
   * @return whether the work was done
   * @throws IOException if it failed; the item can be retried
   */
  boolean run(T item) throws IOException;

  /**
   * Returns how long to wait, after no pending item was left, before searching again; zero by
   * default.
   */
  default Duration pause() {
    return Duration.ZERO;
  }
}
