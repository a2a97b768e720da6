package narthex.stream;

import java.io.IOException;
import java.io.InputStream;

/**
 * A stream that is read in spans: a single byte is a span of one, and to skip is to read, unless a
 * subclass knows better. It cannot be marked.
 */
public abstract class SpanInputStream extends InputStream {
  /** Reads as {@link InputStream#read(byte[], int, int)} says. */
  @Override
  public abstract int read(byte[] bytes, int offset, int length) throws IOException;

  @Override
  public final int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }
}
