package narthex.stream;

import java.io.ByteArrayInputStream;
import java.io.IOException;

/** Returns some bytes, then throws instead of ending; counts how often it is closed. */
final class FailingInputStream extends SpanInputStream {
  int closed;
  private final ByteArrayInputStream in;
  private final IOException failure;

  FailingInputStream(byte[] bytes, IOException failure) {
    this.in = new ByteArrayInputStream(bytes);
    this.failure = failure;
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
