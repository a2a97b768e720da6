package narthex.ingest;

import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * What the bytes of a NAR file must turn out to be.
 *
 * @param nar hash and size of the NAR in it; null if nobody announced them: then the decoded bytes
 *     must be a NAR by their form
 * @param maxNarBytes how many bytes the NAR may have
 * @param compression of the file
 * @param fileHash of the file, if it was announced
 * @param fileSizeBytes of the file, if it is known
 * @param source where the bytes come from, for messages
 */
public record NarExpectation(
    @Nullable NarId nar,
    long maxNarBytes,
    Compression compression,
    @Nullable Sha256 fileHash,
    @Nullable Long fileSizeBytes,
    String source) {

  /** Room for the framing of a file that does not compress. */
  private static final long FRAMING_BYTES = 64 << 10;

  /**
   * A file of a NAR whose hash and size somebody who is trusted told. Nobody vouches for what was
   * told of the file itself: that only decides what the file may be called.
   */
  public static NarExpectation announced(
      NarId nar,
      Compression compression,
      @Nullable Sha256 fileHash,
      @Nullable Long fileSizeBytes,
      String source) {
    boolean isNar = compression == Compression.NONE;
    return new NarExpectation(
        nar,
        nar.sizeBytes(),
        compression,
        isNar ? nar.hash() : fileHash,
        isNar ? Long.valueOf(nar.sizeBytes()) : fileSizeBytes,
        source);
  }

  /** How many bytes the file of a NAR of so many bytes can need at the worst. */
  public static long largestFile(long narBytes) {
    return narBytes > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : narBytes + narBytes / 8 + FRAMING_BYTES;
  }

  /**
   * How many bytes the file may have: as announced, where only that can be right; else what its NAR
   * can need at the worst.
   */
  long maxFileBytes() {
    return fileSizeBytes != null && nar == null ? fileSizeBytes : largestFile(maxNarBytes);
  }

  /** Whether a file of so many bytes surely has not this NAR in it. */
  boolean refuses(long fileBytes) {
    return compression == Compression.NONE && nar != null
        ? fileBytes != nar.sizeBytes()
        : fileBytes > largestFile(maxNarBytes);
  }
}
