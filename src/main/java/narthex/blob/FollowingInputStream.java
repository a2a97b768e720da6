package narthex.blob;

import java.io.IOException;
import java.io.InputStream;

/**
 * The bytes of a representation in flight: each read waits until there are some. Ends when no more
 * will come. For one thread.
 */
final class FollowingInputStream extends BlobInputStream {
  private final InputStream in;
  private final Waiting waiting;
  private long position;
  private long readable;

  /** Waits for bytes. */
  @FunctionalInterface
  interface Waiting {
    /**
     * Waits until more than {@code position} bytes are readable.
     *
     * @return number of readable bytes; if not more than {@code position}, no more will come
     */
    long await(long position) throws IOException;
  }

  /**
   * @param in the written bytes from {@code from} on; closed with this stream
   */
  FollowingInputStream(InputStream in, long from, Waiting waiting) {
    this.in = in;
    this.position = from;
    this.waiting = waiting;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!awaitReadable()) {
      return -1;
    }
    int count = in.read(bytes, offset, (int) Math.min(length, readable - position));
    if (count < 0) {
      throw new IOException("written bytes are missing at offset " + position);
    }
    position += count;
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    if (count <= 0 || !awaitReadable()) {
      return 0;
    }
    long skipped = in.skip(Math.min(count, readable - position));
    position += skipped;
    return skipped;
  }

  /** Waits for the next byte; false at the end. */
  private boolean awaitReadable() throws IOException {
    if (readable <= position) {
      readable = waiting.await(position);
    }
    return readable > position;
  }

  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, Math.max(0, readable - position));
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
