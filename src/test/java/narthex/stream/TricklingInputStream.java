package narthex.stream;

import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** Returns one byte per read, always has 0 available, and counts how often it is closed. */
final class TricklingInputStream extends InputStream {
  int closed;
  private final ByteArrayInputStream in;

  TricklingInputStream(byte[] bytes) {
    in = new ByteArrayInputStream(bytes);
  }

  @Override
  public int read() {
    return in.read();
  }

  @Override
  public int read(byte[] buffer, int offset, int length) {
    return in.read(buffer, offset, Math.min(length, 1));
  }

  @Override
  public void close() {
    closed++;
  }
}
