package narthex.blob;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range of an object. When the transfer breaks, it asks for the rest and continues at the
 * same offset, as long as each transfer brings bytes. For one thread; another one may close it.
 */
final class ResumingInputStream extends BlobInputStream {
  private static final System.Logger LOG = System.getLogger(ResumingInputStream.class.getName());

  /** Transfers in a row that may bring no byte. */
  private static final int FRUITLESS = 4;

  private final Opener opener;
  private final String key;
  private final long end;
  private long position;
  private int fruitless;
  // Another thread may close the stream to end a transfer.
  private volatile boolean closed;
  private volatile @Nullable InputStream current;

  /** Opens a range of the object. */
  @FunctionalInterface
  interface Opener {
    InputStream open(long from, long length) throws IOException;
  }

  /**
   * @param key for messages
   * @param from offset of the range
   * @param first the range, opened; closed with this stream
   * @param opener opens the rest of the range
   */
  ResumingInputStream(String key, long from, OpenRange first, Opener opener) {
    this.opener = opener;
    this.key = key;
    this.position = from;
    this.end = from + first.lengthBytes();
    this.current = first.bytes();
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    if (length == 0) {
      return 0;
    }
    if (position == end) {
      return -1;
    }
    while (true) {
      try {
        int count = transfer().read(bytes, offset, (int) Math.min(length, end - position));
        if (count > 0) {
          position += count;
          fruitless = 0;
          return count;
        }
        throw new EOFException(
            String.format(Locale.ROOT, "blob %s ended %d bytes early", key, end - position));
      } catch (IOException e) {
        resume(e);
      }
    }
  }

  private InputStream transfer() throws IOException {
    InputStream open = current;
    if (open == null) {
      open = opener.open(position, end - position);
      current = open;
    }
    return open;
  }

  /** Prepares another transfer, or throws the failure if there were too many. */
  private void resume(IOException failure) throws IOException {
    boolean isFinal = current == null; // opening it has failed, with its own retries
    closeCurrent();
    fruitless++;
    if (isFinal || closed || fruitless > FRUITLESS) {
      throw failure;
    }
    LOG.log(
        System.Logger.Level.DEBUG,
        "blob transfer resumed key={0} offset={1} reason={2}",
        key,
        Long.toString(position),
        failure);
  }

  /** All remaining bytes, so that senders that flush before they wait don't flush for a blob. */
  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, end - position);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    closeCurrent();
  }

  private void closeCurrent() {
    InputStream open = current;
    current = null;
    if (open == null) {
      return;
    }
    try {
      open.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "connection to the bucket not closed", e);
    }
  }
}
