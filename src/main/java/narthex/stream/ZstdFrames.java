package narthex.stream;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.Closeable;
import java.io.IOException;

/**
 * Compresses byte arrays, each into one zstd frame with content size and checksum. Holds native
 * memory until closed. For one thread.
 */
public final class ZstdFrames implements Closeable {
  private final ZstdCompressCtx context =
      new ZstdCompressCtx().setLevel(Encoders.ZSTD_LEVEL).setChecksum(true).setContentSize(true);

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

  @Override
  public void close() {
    context.close();
  }
}
