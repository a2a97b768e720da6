package narthex.chunk;

import java.io.IOException;
import java.util.zip.CRC32C;
import narthex.db.ChunkPlace;

/**
 * Computes the CRC-32C of stored frames. It detects accidental damage without decoding. Only
 * NarHash protects against forgery.
 */
public final class FrameCrc {
  private FrameCrc() {}

  /** Returns the CRC of the first {@code length} bytes of an array. */
  public static int of(byte[] frame, int length) {
    return of(frame, 0, length);
  }

  /**
   * Checks the frame of a chunk.
   *
   * @param bytes an array with the frame at {@code offset}
   * @throws ChunkLostException if it is damaged
   */
  static void require(ChunkPlace place, byte[] bytes, int offset) throws ChunkLostException {
    if (of(bytes, offset, place.packedLength()) != place.packedCrc()) {
      throw ChunkLostException.at(place, new IOException("its frame is damaged"));
    }
  }

  /** Returns the CRC of a range of an array. */
  static int of(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }
}
