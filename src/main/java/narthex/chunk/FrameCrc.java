package narthex.chunk;

import java.util.zip.CRC32C;

/**
 * The CRC-32C of frames as they are stored. It finds what a disk did to one at the speed of memory;
 * that nobody forged it is left to NarHash.
 */
public final class FrameCrc {
  private FrameCrc() {}

  /** Of the first bytes of an array, as many as {@code length}. */
  public static int of(byte[] frame, int length) {
    return of(frame, 0, length);
  }

  /** Of this stretch of an array. */
  static int of(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }
}
