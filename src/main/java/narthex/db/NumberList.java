package narthex.db;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Numbers of chunks as the bytes of one column: after a byte for the version, the {@linkplain
 * VariableLength variable-length} differences of each to the one before, 0, -1, 1, -2, 2, … as 0,
 * 1, 2, 3, 4, …: consecutive numbers take one byte each.
 */
final class NumberList {
  private static final int VERSION = 1;

  private NumberList() {}

  static byte[] encode(long[] numbers) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(numbers.length + Long.BYTES);
    bytes.write(VERSION);
    long last = 0;
    for (long number : numbers) {
      long difference = number - last;
      VariableLength.write(difference << 1 ^ difference >> Long.SIZE - 1, bytes);
      last = number;
    }
    return bytes.toByteArray();
  }

  /**
   * Reads the bytes of a column.
   *
   * @throws IllegalArgumentException if they are not what {@link #encode} writes
   */
  static long[] decode(byte[] column) {
    ByteBuffer bytes = ByteBuffer.wrap(column);
    long[] numbers = new long[column.length];
    int count = 0;
    long last = 0;
    try {
      int version = bytes.get();
      if (version != VERSION) {
        throw new IllegalArgumentException("numbers of version " + version + " are unknown");
      }
      while (bytes.hasRemaining()) {
        long coded = VariableLength.read(bytes, "numbers");
        last += coded >>> 1 ^ -(coded & 1);
        numbers[count++] = last;
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("numbers are damaged: they end too early", e);
    }
    return Arrays.copyOf(numbers, count);
  }
}
