package narthex.db;

import java.util.Locale;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Where a chunk is stored: in a zstd frame in a pack. Either the chunk has a frame of its own, or
 * the frame is that of a group of chunks. In a group, the chunk's own frame isn't stored, but made
 * again from the chunk when a client takes frames.
 *
 * @param number the number that manifests refer to, at least 1
 * @param hash SHA-256 of the chunk's bytes
 * @param pack key of the blob with the frame
 * @param offset offset of the frame in the pack, in bytes
 * @param storedLength length of the chunk's own frame in bytes
 * @param length length of the chunk in bytes
 * @param frameCrc CRC-32C of the chunk's own frame, to verify frames that are served without
 *     decoding
 * @param group the group of the stored frame; null if the chunk's own frame is stored
 */
public record ChunkPlace(
    long number,
    Sha256 hash,
    String pack,
    long offset,
    int storedLength,
    int length,
    int frameCrc,
    @Nullable ChunkGroup group) {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is too small
   */
  public ChunkPlace {
    if (number < 1 || offset < 0 || storedLength < 1 || length < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "chunk out of range: number=%d offset=%d storedLength=%d length=%d",
              number,
              offset,
              storedLength,
              length));
    }
    if (group != null && group.at() + length > group.length()) {
      throw new IllegalArgumentException("chunk of " + length + " bytes exceeds " + group);
    }
  }

  /** A chunk whose own frame is stored. */
  public ChunkPlace(
      long number,
      Sha256 hash,
      String pack,
      long offset,
      int storedLength,
      int length,
      int frameCrc) {
    this(number, hash, pack, offset, storedLength, length, frameCrc, null);
  }

  /** Returns the length of the stored frame in bytes: the group's, or the chunk's own. */
  public int packedLength() {
    return group == null ? storedLength : group.storedLength();
  }

  /** Returns the CRC-32C of the stored frame: the group's, or the chunk's own. */
  public int packedCrc() {
    return group == null ? frameCrc : group.crc();
  }

  /** Returns the number of bytes that the stored frame decodes to. */
  public int packedBytes() {
    return group == null ? length : group.length();
  }

  /** Returns the offset of the chunk in the decoded frame. */
  public int at() {
    return group == null ? 0 : group.at();
  }

  /** Returns whether both chunks are in the same stored frame. */
  public boolean isTogetherWith(ChunkPlace other) {
    return group != null && offset == other.offset && pack.equals(other.pack);
  }

  /** Returns whether this chunk's stored frame is the other's, or directly follows it. */
  public boolean follows(ChunkPlace before) {
    return isTogetherWith(before)
        || (offset == before.offset + before.packedLength() && pack.equals(before.pack));
  }

  /** Returns the length of the stored frames of consecutive chunks, each counted once, in bytes. */
  public static long packedLength(Iterable<ChunkPlace> places) {
    long bytes = 0;
    ChunkPlace last = null;
    for (ChunkPlace place : places) {
      bytes += last != null && place.isTogetherWith(last) ? 0 : place.packedLength();
      last = place;
    }
    return bytes;
  }
}
