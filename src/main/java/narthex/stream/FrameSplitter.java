package narthex.stream;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import narthex.nix.Compression;

/**
 * Splits a stream into its zstd frames, and decodes each to verify its checksum. Holds one frame,
 * its decoded bytes and some bytes of the next frames, and native memory until closed. For one
 * thread.
 */
public final class FrameSplitter implements Closeable {
  private static final int BUFFER_BYTES = 64 << 10;

  private final InputStream in;
  private final int mostBytes;
  private final FrameDecoder decoder = new FrameDecoder();
  private byte[] buffer = new byte[BUFFER_BYTES];
  private byte[] decoded = {};
  private int start;
  private int end;
  private int length;
  private int decodedLength;

  /**
   * @param in closed with this
   * @param mostBytes maximum number of bytes that one frame decodes to
   */
  public FrameSplitter(InputStream in, int mostBytes) {
    this.in = in;
    this.mostBytes = mostBytes;
  }

  /**
   * Reads the next frame; false at the end of the stream.
   *
   * @throws CorruptEncodingException if it is damaged, truncated, without a length or too long
   */
  public boolean next() throws IOException {
    start += length;
    length = 0;
    while (!isWhole()) {
      if (!fill()) {
        if (start == end) {
          return false;
        }
        throw new CorruptEncodingException(Compression.ZSTD, "a frame is incomplete", null);
      }
    }
    long said = Zstd.getFrameContentSize(buffer, start, length);
    if (said < 0 || said > mostBytes) {
      throw new CorruptEncodingException(
          Compression.ZSTD,
          String.format(Locale.ROOT, "a frame of %d bytes, at most %d", said, mostBytes),
          null);
    }
    decodedLength = (int) said;
    decoded = decoded.length >= decodedLength ? decoded : new byte[decodedLength];
    decoder.decode(buffer, start, length, decoded, decodedLength);
    return true;
  }

  /** Whether the buffer has a whole frame; sets its length. */
  private boolean isWhole() throws CorruptEncodingException {
    if (start == end) {
      return false;
    }
    try {
      length = Math.toIntExact(Zstd.findFrameCompressedSize(buffer, start, end - start));
      return true;
    } catch (ZstdException e) {
      if (e.getErrorCode() == Zstd.errSrcSizeWrong()) {
        return false;
      }
      throw new CorruptEncodingException(Compression.ZSTD, String.valueOf(e.getMessage()), e);
    }
  }

  /** Reads more of the stream; false at its end. */
  private boolean fill() throws IOException {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
    if (end == buffer.length) {
      if (end > ZstdFrames.largestFrame(mostBytes)) {
        throw new CorruptEncodingException(Compression.ZSTD, "a frame does not end", null);
      }
      buffer = Arrays.copyOf(buffer, 2 * end);
    }
    int count = in.read(buffer, end, buffer.length - end);
    end += Math.max(0, count);
    return count >= 0;
  }

  /** Returns the frame that was read last; unchanged until the next one is read. */
  public ByteBuffer frame() {
    return ByteBuffer.wrap(buffer, start, length);
  }

  /** Returns the array that begins with what that frame decodes to; unchanged like the frame. */
  public byte[] decoded() {
    return decoded;
  }

  /** Returns how many bytes that frame decodes to. */
  public int decodedLength() {
    return decodedLength;
  }

  @Override
  public void close() throws IOException {
    try (decoder) {
      in.close();
    }
  }
}
