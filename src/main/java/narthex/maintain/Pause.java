package narthex.maintain;

import java.io.IOException;
import java.io.InterruptedIOException;

/** A short wait between two looks at something that changes by itself. */
@FunctionalInterface
interface Pause {
  /** A quarter of a second. */
  Pause SHORT =
      () -> {
        try {
          Thread.sleep(250);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new InterruptedIOException("interrupted while waiting");
        }
      };

  /**
   * Waits.
   *
   * @throws IOException if the thread is interrupted
   */
  void pause() throws IOException;
}
