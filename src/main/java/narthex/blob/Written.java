package narthex.blob;

import java.io.IOException;
import java.io.InputStream;

/** Bytes that can be read while they are written. Thread-safe. */
public interface Written {

  /**
   * Opens the written bytes from an offset; the caller closes the stream. Each read may read up to
   * the last byte that was written before it.
   */
  InputStream openWritten(long from) throws IOException;
}
