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

  /**
   * Waits until the representation is complete and verified.
   *
   * @throws IOException if it failed
   */
  void awaitComplete() throws IOException;

  /** Whether the representation is complete and verified, so that no read waits. */
  boolean isComplete();
}
