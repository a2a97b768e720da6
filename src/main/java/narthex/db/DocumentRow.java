package narthex.db;

import java.time.Instant;
import java.util.Objects;
import narthex.nix.DocumentName;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * A stored document.
 *
 * @param name the name of the document
 * @param hash SHA-256 of the uncompressed document
 * @param sizeBytes length of the uncompressed document
 * @param blob key of the blob, which has the document as one zstd frame; no other row uses it
 * @param blobSizeBytes length of the blob
 * @param upstream base URL, without credentials, of the upstream that the document came from; null
 *     if a client uploaded it or this cache made it
 * @param storedAt when it was stored, in milliseconds
 */
public record DocumentRow(
    DocumentName name,
    Sha256 hash,
    long sizeBytes,
    String blob,
    long blobSizeBytes,
    @Nullable String upstream,
    Instant storedAt) {

  /** Refuses nulls. */
  public DocumentRow {
    Objects.requireNonNull(name);
    Objects.requireNonNull(hash);
    Objects.requireNonNull(blob);
    Objects.requireNonNull(storedAt);
  }
}
