package narthex.stream;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.Closeable;
import java.io.IOException;

/**
 * Compresses pieces that fit into memory, each into one zstd frame that tells its length and has a
 * checksum. Holds native memory until it is closed. For one thread.
 */
public final class ZstdFrames implements Closeable {
  private final ZstdCompressCtx context =
      new ZstdCompressCtx().setLevel(Encoders.ZSTD_LEVEL).setChecksum(true).setContentSize(true);

  /** How many bytes the frame of so many bytes has at most. */
  public static int largestFrame(int length) {
    return Math.toIntExact(Zstd.compressBound(length));
  }

  /**
   * Compresses a piece, touching no byte of the array but the {@link #largestFrame} from there on:
   * the codec uses all of the room it is given, also behind the frame that comes of it.
   *
   * @param at where the frame begins in the array
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
