package narthex.db;

import java.time.Instant;
import narthex.nix.DocumentName;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/** A row of the table document. */
record DocumentColumns(
    String path,
    String hash,
    long size,
    String blob,
    long blobSize,
    @Nullable String upstream,
    long storedAt) {

  static DocumentColumns of(DocumentRow row) {
    return new DocumentColumns(
        row.name().print(),
        row.hash().nix32(),
        row.sizeBytes(),
        row.blob(),
        row.blobSizeBytes(),
        row.upstream(),
        row.storedAt().toEpochMilli());
  }

  DocumentRow row() {
    return new DocumentRow(
        DocumentName.parse(path),
        Sha256.parseNix32(hash),
        size,
        blob,
        blobSize,
        upstream,
        Instant.ofEpochMilli(storedAt));
  }
}
