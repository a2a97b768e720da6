package narthex.db;

import java.util.Locale;
import narthex.nix.Sha256;

/**
 * Where a chunk is stored: a zstd frame in a pack.
 *
 * @param number the number that manifests refer to, at least 1
 * @param hash SHA-256 of the chunk's bytes
 * @param pack key of the blob with the frame
 * @param offset offset of the frame in the pack, in bytes
 * @param storedLength length of the frame in bytes
 * @param length length of the chunk in bytes
 * @param frameCrc CRC-32C of the frame, to verify frames that are served without decoding
 */
public record ChunkPlace(
    long number,
    Sha256 hash,
    String pack,
    long offset,
    int storedLength,
    int length,
    int frameCrc) {

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
  }
}
