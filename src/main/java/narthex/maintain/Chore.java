package narthex.maintain;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One kind of background work that no request waits for. Thread-safe.
 *
 * @param <T> what it works on, such as a NarHash or the key of a blob; a value with an order, whose
 *     text is for the log
 */
public interface Chore<T> {
  /** What it does, as a word for the log: "chunked". */
  String done();

  /**
   * Finds what waits for it, in order.
   *
   * @param after only what comes after this; empty from the first on
   * @param most how many at most
   * @throws IOException if that cannot be told just now
   */
  List<T> find(Optional<T> after, int most) throws IOException;

  /**
   * Does it; what is done already, or need not be done any more, is left.
   *
   * @return whether anything was done
   * @throws IOException if it cannot be done just now; nothing is left of it then
   */
  boolean run(T item) throws IOException;

  /** How long to wait after all that waited was done before looking again; zero by default. */
  default Duration pause() {
    return Duration.ZERO;
  }
}
