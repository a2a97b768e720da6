package narthex.db;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Numbers of 0 to 63 bits as bytes: seven bits a byte, lowest first, the high bit says that more
 * follow.
 */
final class VariableLength {
  private static final int LOW_BITS = 0x7f;
  private static final int MORE = 0x80;

  /** A long of 63 bits has nine groups of seven. */
  private static final int LAST_SHIFT = 56;

  private VariableLength() {}

  static void write(long number, ByteArrayOutputStream bytes) {
    long rest = number;
    while (rest > LOW_BITS) {
      bytes.write((int) (rest & LOW_BITS) | MORE);
      rest >>>= 7;
    }
    bytes.write((int) rest);
  }

  /**
   * Reads a number.
   *
   * @param what is read, for the message
   * @throws IllegalArgumentException if it is too long
   * @throws BufferUnderflowException if it does not end
   */
  static long read(ByteBuffer bytes, String what) {
    long number = 0;
    for (int shift = 0; shift <= LAST_SHIFT; shift += 7) {
      int next = bytes.get();
      number |= (long) (next & LOW_BITS) << shift;
      if ((next & MORE) == 0) {
        return number;
      }
    }
    throw new IllegalArgumentException(what + " are damaged: a number is too long");
  }
}
