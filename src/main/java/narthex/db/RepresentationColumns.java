package narthex.db;

import java.time.Instant;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/** A row of the table representation, joined with its row of the table nar. */
record RepresentationColumns(
    String narHash,
    long narSize,
    long storedAt,
    String form,
    String compression,
    String fileHash,
    long fileSize,
    ExtentList extents,
    @Nullable String framesHash) {

  static RepresentationColumns of(NarId nar, Representation stored, Instant storedAt) {
    Sha256 frames = stored.framesHash();
    return new RepresentationColumns(
        nar.hash().nix32(),
        nar.sizeBytes(),
        storedAt.toEpochMilli(),
        stored.form().columnText(),
        stored.compression().nixName(),
        stored.fileHash().nix32(),
        stored.fileSizeBytes(),
        new ExtentList(stored.extents()),
        frames == null ? null : frames.nix32());
  }

  /** Returns a copy with a file size larger by this number, which may be negative. */
  RepresentationColumns longer(long bytes) {
    return new RepresentationColumns(
        narHash,
        narSize,
        storedAt,
        form,
        compression,
        fileHash,
        fileSize + bytes,
        extents,
        framesHash);
  }

  /** Combines all rows of a NAR, at least one. */
  static StoredNar nar(List<RepresentationColumns> rows) {
    RepresentationColumns first = rows.get(0);
    return new StoredNar(
        new NarId(Sha256.parseNix32(first.narHash), first.narSize),
        rows.stream().map(RepresentationColumns::representation).toList(),
        Instant.ofEpochMilli(first.storedAt));
  }

  Representation representation() {
    String frames = framesHash;
    return new Representation(
        Form.ofColumnText(form),
        Compression.parse(compression),
        Sha256.parseNix32(fileHash),
        fileSize,
        extents.extents(),
        frames == null ? null : Sha256.parseNix32(frames));
  }
}
