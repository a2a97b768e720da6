package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;

/**
 * The ordered extents of one representation of a NAR, finished or in flight. Thread-safe; each
 * stream is for one thread.
 */
public interface Manifest {

  /** Length of the representation in bytes; empty while unknown. */
  OptionalLong length();

  /**
   * Opens the representation from an offset in bytes; the caller closes the stream. Reads wait for
   * bytes that are not written yet. The stream ends only after the representation is complete and
   * verified; otherwise it throws.
   */
  InputStream open(long from) throws IOException;

  /** Checks whether the client of a waiting reader is still there. */
  @FunctionalInterface
  interface Watch {
    /**
     * Checks once.
     *
     * @throws IOException if the client has left; ends the wait with this exception
     */
    void look() throws IOException;
  }

  /**
   * Waits until the representation is complete and verified.
   *
   * @param watch called regularly during the wait
   * @throws IOException if it failed, or the watch fails
   */
  void awaitComplete(Watch watch) throws IOException;

  /** Whether the representation is complete and verified, so that no read waits. */
  boolean isComplete();
}
