package narthex.db;

import java.util.Locale;

/**
 * The place of a chunk in a zstd frame that contains several chunks of a pack, one after the other.
 *
 * @param storedLength length of this frame in bytes
 * @param length length of all its chunks in bytes
 * @param crc CRC-32C of this frame
 * @param at offset of the chunk in the decoded frame
 */
public record ChunkGroup(int storedLength, int length, int crc, int at) {
  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is out of range
   */
  public ChunkGroup {
    if (storedLength < 1 || length < 1 || at < 0 || at >= length) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "group out of range: storedLength=%d length=%d at=%d",
              storedLength,
              length,
              at));
    }
  }
}
