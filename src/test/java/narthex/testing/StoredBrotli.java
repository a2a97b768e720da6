package narthex.testing;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * A Brotli stream of uncompressed meta-blocks: no encoder, but what every decoder reads. Source:
 * RFC 7932, section 9.2.
 */
final class StoredBrotli extends FilterOutputStream {
  private static final int MAX_BLOCK_BYTES = 1 << 16;

  /** Bits before a meta-block: none but those of the first, WBITS = 16 as one zero. */
  private int shift = 1;

  StoredBrotli(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int octet) throws IOException {
    write(new byte[] {(byte) octet}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    for (int done = 0; done < length; done += MAX_BLOCK_BYTES) {
      int count = Math.min(MAX_BLOCK_BYTES, length - done);
      // ISLAST 0, MNIBBLES 00 (four), MLEN - 1 in 16 bits, ISUNCOMPRESSED 1, padding
      int header = ((count - 1) << 3 | 1 << 19) << shift;
      shift = 0;
      out.write(header);
      out.write(header >> 8);
      out.write(header >> 16);
      out.write(bytes, offset + done, count);
    }
  }

  @Override
  public void close() throws IOException {
    out.write(3 << shift); // ISLAST 1, ISLASTEMPTY 1
    super.close();
  }
}
