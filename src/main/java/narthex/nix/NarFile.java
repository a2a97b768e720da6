package narthex.nix;

import org.jspecify.annotations.Nullable;

/**
 * One compressed file of a NAR, as a narinfo tells of it.
 *
 * @param url opaque: relative to the cache or absolute, perhaps with a query; not empty, without
 *     control characters
 * @param compression how the file is compressed
 * @param hash FileHash, SHA-256 of the file; null if not known
 * @param sizeBytes FileSize, at least 1; null if not known
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
      throw new NixFormatException("a NAR file has at least one byte, not " + sizeBytes);
    }
  }
}
