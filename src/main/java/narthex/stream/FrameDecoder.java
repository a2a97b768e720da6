package narthex.stream;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.Closeable;
import java.util.Locale;
import narthex.nix.Compression;

/**
 * Decodes zstd frames in memory, such as the chunks of a NAR. Reuses one zstd context, so it holds
 * native memory until closed. For one thread.
 */
public final class FrameDecoder implements Closeable {
  private final ZstdDecompressCtx context = new ZstdDecompressCtx();

  /**
   * Decodes one frame and verifies its checksum, if it has one.
   *
   * @param frame an array that starts with the frame
   * @param frameLength exact length of the frame in bytes
   * @param into receives the decoded bytes from index 0 on
   * @param length expected number of decoded bytes
   * @throws CorruptEncodingException if the frame is damaged or has another length; the contents of
   *     {@code into} are undefined then
   */
  public void decode(byte[] frame, int frameLength, byte[] into, int length)
      throws CorruptEncodingException {
    decode(frame, 0, frameLength, into, length);
  }

  /** Decodes one frame, like the other method, that begins at an index of the array. */
  void decode(byte[] frame, int at, int frameLength, byte[] into, int length)
      throws CorruptEncodingException {
    int decoded;
    try {
      decoded = context.decompressByteArray(into, 0, length, frame, at, frameLength);
    } catch (ZstdException e) {
      throw new CorruptEncodingException(Compression.ZSTD, String.valueOf(e.getMessage()), e);
    }
    if (decoded != length) {
      throw new CorruptEncodingException(
          Compression.ZSTD,
          String.format(Locale.ROOT, "%d bytes decoded, expected %d", decoded, length),
          null);
    }
  }

  /** Frees the native memory; further calls do nothing. */
  @Override
  public void close() {
    context.close();
  }
}
