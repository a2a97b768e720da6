package narthex.stream;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Gives some bytes, then fails instead of ending; counts how often it was closed. */
final class FailingInputStream extends InputStream {
  int closed;
  private final ByteArrayInputStream in;
  private final IOException failure;

  FailingInputStream(byte[] bytes, IOException failure) {
    this.in = new ByteArrayInputStream(bytes);
    this.failure = failure;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int count = in.read(buffer, offset, length);
    if (count < 0) {
      throw failure;
    }
    return count;
  }

  @Override
  public void close() {
    closed++;
  }
}
