package narthex.stream;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.ZstdVersion;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;

/**
 * Compresses byte arrays, each into one zstd frame with content size and checksum. Holds native
 * memory until closed. For one thread.
 */
public final class ZstdFrames implements Closeable {
  /** Start of a skippable frame (RFC 8878, 3.1.2), which decoders pass over. */
  private static final int SKIPPABLE_MAGIC = 0x184D2A50;

  /** Length of the header of a skippable frame: the magic number and the length of the content. */
  private static final int SKIPPABLE_HEADER = 2 * Integer.BYTES;

  /** Levels to try until a frame is short enough; the first one is the usual one. */
  private static final int[] LEVELS = {Encoders.ZSTD_LEVEL, 6, 9, 15, 19};

  private final ZstdCompressCtx context = new ZstdCompressCtx();

  /** Compresses at the default level. */
  public ZstdFrames() {
    this(Encoders.ZSTD_LEVEL);
  }

  /**
   * @param level the level of zstd, 1 to 22
   */
  public ZstdFrames(int level) {
    context.setLevel(level).setChecksum(true).setContentSize(true);
  }

  /** Returns the version of the codec. Another version may make other frames of the same bytes. */
  public static String version() {
    return ZstdVersion.VERSION;
  }

  /** The largest possible frame, in bytes, of this many uncompressed bytes. */
  public static int largestFrame(int length) {
    return Math.toIntExact(Zstd.compressBound(length));
  }

  /**
   * Compresses a range of an array into another array. Overwrites up to {@link #largestFrame} bytes
   * of the target: the codec also uses the space after the frame.
   *
   * @param frame the target
   * @param at index in the target at which the frame starts
   * @return the length of the frame
   * @throws IOException if the codec fails
   */
  public int encode(byte[] bytes, int offset, int length, byte[] frame, int at) throws IOException {
    try {
      return context.compressByteArray(frame, at, largestFrame(length), bytes, offset, length);
    } catch (ZstdException e) {
      throw new IOException("zstd: " + e.getMessage(), e);
    }
  }

  /**
   * Compresses a range of an array to a given length: the length of the frame that {@link #encode}
   * made of it at the default level. With the same version of the codec the result is that frame.
   * Another version may make a shorter one; then a skippable frame fills the rest.
   *
   * @param frame the target; receives the frame from index 0 on
   * @throws IOException if the codec fails, or no frame is short enough
   */
  public void encodeTo(int exactLength, byte[] bytes, int offset, int length, byte[] frame)
      throws IOException {
    try {
      for (int level : LEVELS) {
        context.setLevel(level);
        int made = encode(bytes, offset, length, frame, 0);
        int left = exactLength - made;
        if (left == 0) {
          return;
        }
        if (left >= SKIPPABLE_HEADER) {
          Arrays.fill(frame, made, exactLength, (byte) 0);
          ByteBuffer.wrap(frame)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(made, SKIPPABLE_MAGIC)
              .putInt(made + Integer.BYTES, left - SKIPPABLE_HEADER);
          return;
        }
      }
    } finally {
      context.setLevel(Encoders.ZSTD_LEVEL);
    }
    throw new IOException(
        String.format(Locale.ROOT, "%d bytes can't be compressed to %d", length, exactLength));
  }

  @Override
  public void close() {
    context.close();
  }
}
