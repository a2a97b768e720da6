package narthex.db;

import java.time.Instant;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;

/** The columns of the table representation beside those of its nar. */
record RepresentationColumns(
    String narHash,
    long narSize,
    long storedAt,
    String form,
    String compression,
    String fileHash,
    long fileSize,
    ExtentList extents) {

  static RepresentationColumns of(NarId nar, Representation stored, Instant storedAt) {
    return new RepresentationColumns(
        nar.hash().nix32(),
        nar.sizeBytes(),
        storedAt.toEpochMilli(),
        stored.form().columnText(),
        stored.compression().nixName(),
        stored.fileHash().nix32(),
        stored.fileSizeBytes(),
        new ExtentList(stored.extents()));
  }

  /** Returns the same with so many bytes more. */
  RepresentationColumns longer(long bytes) {
    return new RepresentationColumns(
        narHash, narSize, storedAt, form, compression, fileHash, fileSize + bytes, extents);
  }

  /** Returns the NAR whose rows, at least one, these are. */
  static StoredNar nar(List<RepresentationColumns> rows) {
    RepresentationColumns first = rows.get(0);
    return new StoredNar(
        new NarId(Sha256.parseNix32(first.narHash), first.narSize),
        rows.stream().map(RepresentationColumns::representation).toList(),
        Instant.ofEpochMilli(first.storedAt));
  }

  private Representation representation() {
    return new Representation(
        Form.ofColumnText(form),
        Compression.parse(compression),
        Sha256.parseNix32(fileHash),
        fileSize,
        extents.extents());
  }
}
