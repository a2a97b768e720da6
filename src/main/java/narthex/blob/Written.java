package narthex.blob;

import java.io.IOException;
import java.io.InputStream;

/** Bytes that are read back while they are written. Safe for use by many threads. */
public interface Written {

  /**
   * Opens what has been written, from byte {@code from} on; the caller closes the stream. The
   * stream may be read up to what was written before each read.
   */
  InputStream openWritten(long from) throws IOException;
}
