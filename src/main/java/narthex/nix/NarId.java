package narthex.nix;

/**
 * The identity of a NAR: NarHash and NarSize.
 *
 * @param hash SHA-256 of the uncompressed bytes
 * @param sizeBytes number of uncompressed bytes, at least 1
 */
public record NarId(Sha256 hash, long sizeBytes) {
  /**
   * Checks the size.
   *
   * @throws NixFormatException if it is not positive
   */
  public NarId {
    if (sizeBytes <= 0) {
      throw new NixFormatException("NarSize is not positive: " + sizeBytes);
    }
  }
}
