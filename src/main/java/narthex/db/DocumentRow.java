package narthex.db;

import java.time.Instant;
import java.util.Objects;
import narthex.nix.DocumentName;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * A document that is stored: whatever a binary cache keeps beside narinfos and NARs.
 *
 * @param name its name
 * @param hash SHA-256 of its bytes
 * @param sizeBytes their number
 * @param blob the key of the blob that holds them as one zstd frame, used by this row alone
 * @param blobSizeBytes length of that frame
 * @param upstream base URL, without credentials, of the upstream that it came from, or null if it
 *     was uploaded or made here
 * @param storedAt when it was stored, kept to the millisecond
 */
public record DocumentRow(
    DocumentName name,
    Sha256 hash,
    long sizeBytes,
    String blob,
    long blobSizeBytes,
    @Nullable String upstream,
    Instant storedAt) {

  /** Checks that nothing is missing. */
  public DocumentRow {
    Objects.requireNonNull(name);
    Objects.requireNonNull(hash);
    Objects.requireNonNull(blob);
    Objects.requireNonNull(storedAt);
  }
}
