package narthex.ingest;

import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * What a NAR file is verified against. Immutable.
 *
 * @param nar NarHash and NarSize; null if unknown: then the decoded bytes need only be a
 *     well-formed NAR
 * @param maxNarBytes largest allowed size of the NAR, decoded, in bytes
 * @param compression of the file
 * @param fileHash hash of the file; null if not announced
 * @param fileSizeBytes length of the file; null if unknown
 * @param source origin of the file, for messages
 * @param path a store path with this NAR, for messages; {@code -} if none is known
 */
public record NarExpectation(
    @Nullable NarId nar,
    long maxNarBytes,
    Compression compression,
    @Nullable Sha256 fileHash,
    @Nullable Long fileSizeBytes,
    String source,
    String path) {
  /** No store path is known. */
  static final String NO_PATH = "-";

  /** Allowance for the headers of a file whose contents don't compress. */
  private static final long FRAMING_BYTES = 64 << 10;

  /**
   * Expects a file of a NAR whose NarHash and NarSize come from a trusted source. FileHash and
   * FileSize aren't covered by the narinfo's signature: they only decide whether the file may be
   * sent as the announced one.
   */
  public static NarExpectation announced(
      NarId nar,
      Compression compression,
      @Nullable Sha256 fileHash,
      @Nullable Long fileSizeBytes,
      String source,
      String path) {
    boolean isNar = compression == Compression.NONE;
    return new NarExpectation(
        nar,
        nar.sizeBytes(),
        compression,
        isNar ? nar.hash() : fileHash,
        isNar ? Long.valueOf(nar.sizeBytes()) : fileSizeBytes,
        source,
        path);
  }

  /** Upper bound, in bytes, for the file of a NAR of this size in any compression. */
  public static long largestFile(long narBytes) {
    return narBytes > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : narBytes + narBytes / 8 + FRAMING_BYTES;
  }

  /**
   * Largest allowed length of the file in bytes: its announced length if no NAR was announced, else
   * the upper bound for the NAR.
   */
  long maxFileBytes() {
    return fileSizeBytes != null && nar == null ? fileSizeBytes : largestFile(maxNarBytes);
  }

  /** Whether a file of this length cannot hold the expected NAR. */
  boolean refuses(long fileBytes) {
    return compression == Compression.NONE && nar != null
        ? fileBytes != nar.sizeBytes()
        : fileBytes > largestFile(maxNarBytes);
  }
}
