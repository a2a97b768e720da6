package narthex.upstream;

import java.io.IOException;
import java.io.InputStream;

/**
 * Takes a document from an upstream. It is called anew for each try, so it must keep nothing of a
 * body that fails.
 */
public interface DocumentReader<T> {
  /**
   * Reads a body to its end. The stream is not closed here, and fails where the transfer breaks or
   * has more bytes than are allowed.
   *
   * @param upstream the upstream's base URL, ending in a slash, without credentials
   * @throws narthex.nix.NixFormatException if it is not what it should be
   */
  T read(InputStream body, String upstream) throws IOException;
}
