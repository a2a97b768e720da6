package narthex.ingest;

import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * What the bytes of a NAR file must turn out to be.
 *
 * @param nar hash and size of the NAR in it
 * @param compression of the file
 * @param fileHash of the file, if it was announced
 * @param fileSizeBytes of the file, if it is known: bytes beyond it are refused
 * @param source where the bytes come from, for messages
 */
public record NarExpectation(
    NarId nar,
    Compression compression,
    @Nullable Sha256 fileHash,
    @Nullable Long fileSizeBytes,
    String source) {

  /** Room for the framing of a file that does not compress. */
  private static final long FRAMING_BYTES = 64 << 10;

  /** How many bytes the file may have: as announced, else what its NAR can need at the worst. */
  long maxFileBytes() {
    if (fileSizeBytes != null) {
      return fileSizeBytes;
    }
    return nar.sizeBytes() + nar.sizeBytes() / 8 + FRAMING_BYTES;
  }
}
