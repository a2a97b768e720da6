package narthex.maintain;

import java.util.HashMap;
import java.util.Map;

/**
 * How many references each chunk has, by its number. Takes one byte for each number, in blocks of
 * {@value #BLOCK_NUMBERS} numbers, and some 80 bytes for each block with a chunk. Numbers of chunks
 * that were removed aren't used again, so blocks are about as short as the runs of chunks that a
 * NAR leaves, else an old store would take many bytes for each chunk. Not thread-safe.
 */
final class ReferenceCounts {
  /** A chunk with so many references or more never loses its last one. */
  static final int MOST = 255;

  private static final int BLOCK_NUMBERS = 256;

  private final Map<Long, byte[]> blocks = new HashMap<>();
  private long lastBlock = -1;
  private byte[] last = new byte[0];

  /** Counts a reference to a chunk. */
  void add(long number) {
    byte[] block = block(number / BLOCK_NUMBERS);
    int at = (int) (number % BLOCK_NUMBERS);
    if (Byte.toUnsignedInt(block[at]) < MOST) {
      block[at]++;
    }
  }

  /** Takes off a reference to a chunk. Returns true if it was counted, and the last one. */
  boolean removeLast(long number) {
    byte[] block = block(number / BLOCK_NUMBERS);
    int at = (int) (number % BLOCK_NUMBERS);
    int count = Byte.toUnsignedInt(block[at]);
    if (count > 0 && count < MOST) {
      block[at]--;
    }
    return count == 1;
  }

  private byte[] block(long index) {
    if (index != lastBlock) {
      last = blocks.computeIfAbsent(index, unknown -> new byte[BLOCK_NUMBERS]);
      lastBlock = index;
    }
    return last;
  }
}
