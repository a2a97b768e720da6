package narthex.stream;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.Closeable;
import java.util.Locale;
import narthex.nix.Compression;

/**
 * Decodes zstd frames that lie whole in memory, one after the other, with one context: what a
 * chunked NAR is made of. Always close it, since zstd holds native memory. For one thread.
 */
public final class FrameDecoder implements Closeable {
  private final ZstdDecompressCtx context = new ZstdDecompressCtx();

  /**
   * Decodes one frame. Its checksum, where it has one, is compared.
   *
   * @param frame begins with the frame
   * @param frameLength bytes of the frame, all of which must belong to it
   * @param into takes the decoded bytes, from its beginning on
   * @param length how many they must be
   * @throws CorruptEncodingException if the frame is damaged or of another length; what is in
   *     {@code into} then is nothing
   */
  public void decode(byte[] frame, int frameLength, byte[] into, int length)
      throws CorruptEncodingException {
    int decoded;
    try {
      decoded = context.decompressByteArray(into, 0, length, frame, 0, frameLength);
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

  /** Frees the native memory; a second call does nothing. */
  @Override
  public void close() {
    context.close();
  }
}
