package narthex.stream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import narthex.nix.Compression;

/**
 * Encodes another stream by {@link Encoders#wrap} while it is read. Ends only after the other
 * stream ended. Takes some ten KiB in addition to the encoder's memory. Closing it closes the other
 * stream. For one thread.
 */
public final class EncodingInputStream extends SpanInputStream {
  private static final int BUFFER_BYTES = 16 << 10;

  private final InputStream in;
  private final byte[] plain = new byte[BUFFER_BYTES];
  private final Made made = new Made();
  private final EncodingOutputStream encoder;
  private int position;
  private boolean ended;

  /**
   * Encodes a stream, which is closed with this one.
   *
   * @throws IOException if the encoder can't be opened; the stream stays open
   */
  public EncodingInputStream(Compression compression, InputStream in) throws IOException {
    this.in = in;
    this.encoder = Encoders.wrap(compression, made);
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length == 0) {
      return 0;
    }
    while (position == made.size()) {
      if (ended) {
        return -1;
      }
      made.reset();
      position = 0;
      encodeMore();
    }
    int count = made.copy(position, bytes, offset, length);
    position += count;
    return count;
  }

  private void encodeMore() throws IOException {
    int count = in.read(plain, 0, plain.length);
    if (count < 0) {
      encoder.close();
      ended = true;
    } else {
      encoder.write(plain, 0, count);
    }
  }

  @Override
  public int available() throws IOException {
    return position < made.size() ? made.size() - position : in.available();
  }

  @Override
  public void close() throws IOException {
    try (InputStream closedLast = in) {
      encoder.discard();
    }
  }

  /** The encoded bytes that are not read yet; reads copy directly from its buffer. */
  private static final class Made extends ByteArrayOutputStream {
    int copy(int from, byte[] bytes, int offset, int length) {
      int copied = Math.min(length, count - from);
      System.arraycopy(buf, from, bytes, offset, copied);
      return copied;
    }
  }
}
