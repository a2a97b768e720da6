package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;

/**
 * The ordered extents that make up one representation of a NAR: finished, or still growing.
 *
 * <p>Safe for use by many threads; each opened stream belongs to one.
 */
public interface Manifest {

  /** The length in bytes of the representation, if it is known (yet). */
  OptionalLong length();

  /**
   * Opens the representation's bytes from byte {@code from} on; the caller closes the stream. Where
   * the bytes are not there yet, a read waits for them. The stream ends only when the
   * representation is complete and known to be right; else it fails.
   */
  InputStream open(long from) throws IOException;

  /**
   * Waits until the representation is complete and known to be right.
   *
   * @throws IOException if it turned out wrong or will never be complete
   */
  void awaitComplete() throws IOException;

  /** Whether the representation is complete and known to be right already: then nobody waits. */
  boolean isComplete();
}
