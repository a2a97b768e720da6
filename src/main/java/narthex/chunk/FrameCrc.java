package narthex.chunk;

import java.util.zip.CRC32C;

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

  /** Returns the CRC of a range of an array. */
  static int of(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }
}
