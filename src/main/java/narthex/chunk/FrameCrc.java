package narthex.chunk;

import java.util.zip.CRC32C;

/**
 * The CRC-32C of frames as they are stored. It finds what a disk did to one at the speed of memory;
 * that nobody forged it is left to NarHash. For one thread.
 */
public final class FrameCrc {
  private final CRC32C crc = new CRC32C();

  /** Of the first bytes of an array, as many as {@code length}. */
  public static int of(byte[] frame, int length) {
    FrameCrc crc = new FrameCrc();
    crc.update(frame, 0, length);
    return crc.end();
  }

  /** Of this stretch of an array. */
  static int of(byte[] bytes, int offset, int length) {
    FrameCrc crc = new FrameCrc();
    crc.update(bytes, offset, length);
    return crc.end();
  }

  /** Goes on with these bytes of the frame. */
  void update(byte[] bytes, int offset, int length) {
    crc.update(bytes, offset, length);
  }

  /** Ends the frame, and gives its CRC; the next byte begins another. */
  int end() {
    int value = (int) crc.getValue();
    crc.reset();
    return value;
  }
}
