package narthex.stream;

import java.io.IOException;
import java.io.InputStream;

/**
 * Base of streams that implement only {@link #read(byte[], int, int)}: reading a single byte and
 * skipping use it too. Doesn't support marks.
 */
public abstract class SpanInputStream extends InputStream {
  /** Reads as specified by {@link InputStream#read(byte[], int, int)}. */
  @Override
  public abstract int read(byte[] bytes, int offset, int length) throws IOException;

  @Override
  public final int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }
}
