package narthex.blob;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/** Reads a fixed number of bytes; throws if the stream ends earlier. */
final class ExactInputStream extends BlobInputStream {
  private final InputStream in;
  private final String key;
  private long left;

  /**
   * @param in closed with this stream
   * @param key what is read, for the message
   */
  ExactInputStream(InputStream in, long length, String key) {
    this.in = in;
    this.left = length;
    this.key = key;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (left == 0) {
      return length == 0 ? 0 : -1;
    }
    int count = in.read(bytes, offset, (int) Math.min(length, left));
    if (count < 0) {
      throw new EOFException(String.format(Locale.ROOT, "blob %s ended %d bytes early", key, left));
    }
    left -= count;
    return count;
  }

  /** All remaining bytes, so that senders that flush before they wait don't flush for a file. */
  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, left);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
