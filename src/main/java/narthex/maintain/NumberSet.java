package narthex.maintain;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A growing set of chunk numbers: bits in blocks of {@value #BLOCK_NUMBERS} numbers. Takes a few
 * bits for each number if most numbers of a block are in it. Not thread-safe.
 */
final class NumberSet {
  private static final int BLOCK_NUMBERS = 4096;

  private final Map<Long, long[]> blocks = new HashMap<>();
  private long lastBlock = -1;
  private long[] last = new long[0];

  /** Adds a number; false if the set has it already. */
  boolean add(long number) {
    long[] block = block(number / BLOCK_NUMBERS);
    int bit = (int) (number % BLOCK_NUMBERS);
    long mask = 1L << bit; // the lowest six bits count
    boolean isNew = (block[bit / Long.SIZE] & mask) == 0;
    block[bit / Long.SIZE] |= mask;
    return isNew;
  }

  /** Adds numbers. Returns those that the set didn't have. */
  long[] addAll(long[] numbers) {
    long[] added = new long[numbers.length];
    int count = 0;
    for (long number : numbers) {
      if (add(number)) {
        added[count++] = number;
      }
    }
    return Arrays.copyOf(added, count);
  }

  private long[] block(long index) {
    if (index != lastBlock) {
      last = blocks.computeIfAbsent(index, unknown -> new long[BLOCK_NUMBERS / Long.SIZE]);
      lastBlock = index;
    }
    return last;
  }
}
