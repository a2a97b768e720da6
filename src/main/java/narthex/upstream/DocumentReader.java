package narthex.upstream;

import java.io.IOException;
import java.io.InputStream;

/**
 * Reads a document from an upstream. Each retry calls it again with a new body, so it must discard
 * what it read of a body that failed.
 */
public interface DocumentReader<T> {
  /**
   * Reads a body to its end.
   *
   * @param body the decoded body; the caller closes it. Reading throws if the transfer breaks or
   *     the body is too long
   * @param upstream the upstream's base URL, with a slash at its end, without credentials
   * @throws narthex.nix.NixFormatException if the document is malformed
   */
  T read(InputStream body, String upstream) throws IOException;
}
