package narthex.nix;

import org.jspecify.annotations.Nullable;

/**
 * A NAR file as a narinfo describes it.
 *
 * @param url opaque URL, absolute or relative to the cache, possibly with a query; not empty, no
 *     control characters
 * @param compression the compression method
 * @param hash FileHash, the SHA-256 of the file; null if unknown
 * @param sizeBytes FileSize, at least 1; null if unknown
 */
public record NarFile(
    String url, Compression compression, @Nullable Sha256 hash, @Nullable Long sizeBytes) {
  /**
   * Checks URL and size.
   *
   * @throws NixFormatException if the URL is empty or has control characters, or the size is not
   *     positive
   */
  public NarFile {
    NarInfo.checkLine("URL", url);
    if (sizeBytes != null && sizeBytes <= 0) {
      throw new NixFormatException("FileSize is not positive: " + sizeBytes);
    }
  }
}
