package narthex.db;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Encodes the numbers of chunks as one column. The format is a version byte, then the difference of
 * each number to its predecessor in zigzag coding (0, -1, 1, -2, 2, … as 0, 1, 2, 3, 4, …) with
 * {@linkplain VariableLength variable length}. Consecutive numbers take one byte each.
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
   * Decodes a column.
   *
   * @throws IllegalArgumentException if {@link #encode} can't have written it
   */
  static long[] decode(byte[] column) {
    long[] numbers = new long[column.length];
    int[] count = {0};
    decode(column, number -> numbers[count[0]++] = number);
    return Arrays.copyOf(numbers, count[0]);
  }

  /**
   * Decodes a column without holding its numbers.
   *
   * @param numbers gets each number in order
   * @throws IllegalArgumentException if {@link #encode} can't have written it
   */
  static void decode(byte[] column, LongConsumer numbers) {
    ByteBuffer bytes = ByteBuffer.wrap(column);
    long last = 0;
    try {
      int version = bytes.get();
      if (version != VERSION) {
        throw new IllegalArgumentException("numbers have unknown version " + version);
      }
      while (bytes.hasRemaining()) {
        long coded = VariableLength.read(bytes, "numbers");
        last += coded >>> 1 ^ -(coded & 1);
        numbers.accept(last);
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("numbers are corrupt: truncated", e);
    }
  }
}
