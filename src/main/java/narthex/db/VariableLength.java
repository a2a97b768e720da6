package narthex.db;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Encodes non-negative numbers with variable length (LEB128): seven bits in each byte, the lowest
 * first; the high bit is set in all bytes but the last.
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
   * @param what the name of the data for the exception's message
   * @throws IllegalArgumentException if the number has more than 63 bits
   * @throws BufferUnderflowException if the number is truncated
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
    throw new IllegalArgumentException(what + " are corrupt: a number is too long");
  }
}
