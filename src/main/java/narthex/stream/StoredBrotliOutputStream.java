package narthex.stream;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes a Brotli stream of uncompressed meta-blocks with a window of 64 KiB. Closing it closes the
 * target. For one thread. Source: RFC 7932, sections 9.1 and 9.2.
 */
final class StoredBrotliOutputStream extends FilterOutputStream {
  private static final int BLOCK_BYTES = 1 << 16;

  /** The last meta-block: ISLAST and ISLASTEMPTY are 1. */
  private static final int LAST_EMPTY = 3;

  private final byte[] block = new byte[BLOCK_BYTES];
  private int filled;
  private boolean closed;

  /** Number of bits before a meta-block's header: one before the first (WBITS = 16, a single 0). */
  private int bitsBefore = 1;

  StoredBrotliOutputStream(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int octet) throws IOException {
    write(new byte[] {(byte) octet}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    for (int done = 0; done < length; ) {
      int count = Math.min(BLOCK_BYTES - filled, length - done);
      System.arraycopy(bytes, offset + done, block, filled, count);
      filled += count;
      done += count;
      if (filled == BLOCK_BYTES) {
        writeBlock();
      }
    }
  }

  @Override
  public void flush() throws IOException {
    writeBlock();
    out.flush();
  }

  /** ISLAST 0, MNIBBLES 00 (four), MLEN - 1 in 16 bits, ISUNCOMPRESSED 1, then padding. */
  private void writeBlock() throws IOException {
    if (filled == 0) {
      return;
    }
    int header = ((filled - 1) << 3 | 1 << 19) << bitsBefore;
    bitsBefore = 0;
    out.write(new byte[] {(byte) header, (byte) (header >> 8), (byte) (header >> 16)});
    out.write(block, 0, filled);
    filled = 0;
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (OutputStream target = out) {
      writeBlock();
      target.write(LAST_EMPTY << bitsBefore);
    }
  }
}
