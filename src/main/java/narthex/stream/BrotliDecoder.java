package narthex.stream;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.DecoderJNI;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import org.brotli.dec.BrotliInputStream;

/**
 * Decodes a Brotli stream with Google's native decoder, which returns decoded bytes as soon as it
 * needs more input. Holds native memory until closed. For one thread.
 *
 * <p>On a platform without the native decoder, {@link #open} returns Google's Java decoder instead.
 * That one returns nothing until its window is full.
 *
 * <p>Source: RFC 7932, 9.1.
 */
final class BrotliDecoder extends SpanInputStream {
  private static final int INPUT_BYTES = 16 << 10;

  /** Output buffer of the Java decoder, in addition to its window. */
  private static final int BUFFER_BYTES = 64 << 10;

  /** Memory of either decoder in addition to its window. */
  private static final long BASE_BYTES = 1 << 20;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final InputStream source;
  private final DecoderJNI.Wrapper decoder;
  private final byte[] input = new byte[INPUT_BYTES];
  private ByteBuffer decoded = NOTHING;

  private BrotliDecoder(InputStream source) throws IOException {
    this.source = source;
    this.decoder = new DecoderJNI.Wrapper(INPUT_BYTES);
  }

  static InputStream open(InputStream source, DecoderLease lease, long maxBytes)
      throws IOException {
    PushbackInputStream in = new PushbackInputStream(source, 1);
    int first = in.read();
    if (first >= 0) {
      in.unread(first);
    }
    long window = 1L << windowBits(first);
    if (!Brotli4jLoader.isAvailable()) {
      lease.require(BASE_BYTES + window);
      return new BrotliInputStream(in, BUFFER_BYTES);
    }
    lease.require(BASE_BYTES + Math.min(window, maxBytes)); // touches only that much of its window
    return new BrotliDecoder(in);
  }

  /** The binary logarithm of the window size, from the first byte of the stream. */
  private static int windowBits(int first) {
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

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    while (!decoded.hasRemaining()) {
      switch (decoder.getStatus()) {
        case DONE -> {
          return -1;
        }
        case OK -> decoder.push(0);
        case NEEDS_MORE_OUTPUT -> decoded = decoder.pull();
        case NEEDS_MORE_INPUT -> {
          if (decoder.hasOutput()) {
            decoded = decoder.pull();
          } else {
            push();
          }
        }
        case ERROR -> throw new IOException("invalid data");
      }
    }
    int count = Math.min(length, decoded.remaining());
    decoded.get(bytes, offset, count);
    return count;
  }

  private void push() throws IOException {
    int count = source.read(input, 0, input.length);
    if (count < 0) {
      throw new EOFException("unexpected end");
    }
    ByteBuffer target = decoder.getInputBuffer();
    target.clear();
    target.put(input, 0, count);
    decoder.push(count);
  }

  @Override
  public void close() throws IOException {
    try (source) {
      decoded = NOTHING;
      decoder.destroy();
    }
  }
}
