package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import org.brotli.dec.BrotliInputStream;

/**
 * Opens decoders of Brotli streams.
 *
 * <p>Source: RFC 7932, 9.1.
 */
final class BrotliDecoder {
  /** Decoded bytes that the decoder keeps, beyond its window. */
  private static final int BUFFER_BYTES = 64 * 1024;

  /** What a decoder holds beside its window. */
  private static final long BASE_BYTES = 1 << 20;

  private BrotliDecoder() {}

  static InputStream open(InputStream source, DecoderLease lease) throws IOException {
    PushbackInputStream in = new PushbackInputStream(source, 1);
    int first = in.read();
    if (first >= 0) {
      in.unread(first);
    }
    lease.require(BASE_BYTES + (1L << windowBits(first)));
    return new BrotliInputStream(in, BUFFER_BYTES);
  }

  /** The binary logarithm of the window, from the stream's first bits. */
  static int windowBits(int first) {
    if ((first & 1) == 0) {
      return 16;
    }
    int high = first >> 1 & 7;
    if (high != 0) {
      return 17 + high;
    }
    int low = first >> 4 & 7;
    return low == 0 ? 17 : Math.max(10, 8 + low);
  }
}
