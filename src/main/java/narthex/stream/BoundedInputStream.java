package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/**
 * Limits the length of another stream. After {@code maxBytes} bytes it ends if the other stream
 * ends; otherwise this and every later read throws {@link TooLongException}. Closing it closes the
 * other stream. For one thread.
 */
public final class BoundedInputStream extends PassingInputStream {
  private final long maxBytes;
  private final String what;
  private long remainingBytes;

  /**
   * Limits a stream.
   *
   * @param in the stream; closed with this one
   * @param maxBytes longest allowed length, 0 or more
   * @param what the name of the content for the exception's message
   */
  public BoundedInputStream(InputStream in, long maxBytes, String what) {
    super(in);
    if (maxBytes < 0) {
      throw new IllegalArgumentException("maxBytes=" + maxBytes);
    }
    this.maxBytes = maxBytes;
    this.what = what;
    this.remainingBytes = maxBytes;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      return 0;
    }
    if (remainingBytes <= 0) {
      return readPastTheLimit();
    }
    int count = in.read(buffer, offset, (int) Math.min(length, remainingBytes));
    if (count > 0) {
      remainingBytes -= count;
    }
    return count;
  }

  @Override
  public int available() throws IOException {
    return (int) Math.min(in.available(), Math.max(remainingBytes, 0));
  }

  private int readPastTheLimit() throws IOException {
    if (remainingBytes < 0 || in.read() >= 0) {
      remainingBytes = -1;
      throw new TooLongException(what, maxBytes);
    }
    return -1;
  }
}
