package narthex.db;

import java.util.Locale;
import narthex.nix.Sha256;

/**
 * Where a chunk is stored.
 *
 * @param number by which manifests name it
 * @param hash the SHA-256 of its bytes
 * @param pack the blob that holds it
 * @param offset where its frame begins in the pack
 * @param storedLength bytes of its frame
 * @param length bytes of the chunk itself
 * @param frameCrc CRC-32C of the frame, by which it is checked where nobody decodes it
 */
public record ChunkPlace(
    long number,
    Sha256 hash,
    String pack,
    long offset,
    int storedLength,
    int length,
    int frameCrc) {

  /** Checks that the numbers can be. */
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
