package narthex.db;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.Sha256;
import narthex.nix.Signature;
import narthex.nix.StorePath;
import org.jspecify.annotations.Nullable;

/** A row of the table narinfo. References are joined by spaces, signatures by newlines. */
record NarInfoColumns(
    String storePathHash,
    String storePath,
    String url,
    String compression,
    @Nullable String fileHash,
    @Nullable Long fileSize,
    String narHash,
    long narSize,
    String refs,
    @Nullable String deriver,
    String sigs,
    @Nullable String ca,
    @Nullable String upstream,
    String stem,
    long checkedAt) {

  static NarInfoColumns of(NarInfoRow row, String stem) {
    NarInfo said = row.said();
    NarFile file = said.file();
    Sha256 fileHash = file.hash();
    return new NarInfoColumns(
        said.storePath().hash().text(),
        said.storePath().print(),
        file.url(),
        file.compression().nixName(),
        fileHash == null ? null : fileHash.nix32(),
        file.sizeBytes(),
        said.nar().hash().nix32(),
        said.nar().sizeBytes(),
        String.join(" ", said.references()),
        said.deriver(),
        String.join("\n", said.signatures().stream().map(Signature::print).toList()),
        said.ca(),
        row.upstream(),
        stem,
        row.checkedAt().toEpochMilli());
  }

  NarInfoRow row() {
    NarFile file =
        new NarFile(
            url,
            Compression.parse(compression),
            fileHash == null ? null : Sha256.parseNix32(fileHash),
            fileSize);
    NarInfo said =
        new NarInfo(
            StorePath.parse(storePath),
            file,
            new NarId(Sha256.parseNix32(narHash), narSize),
            parts(refs, " "),
            deriver,
            parts(sigs, "\n").stream().map(Signature::parse).toList(),
            ca);
    return new NarInfoRow(said, upstream, stem, Instant.ofEpochMilli(checkedAt));
  }

  private static List<String> parts(String text, String separator) {
    List<String> parts = new ArrayList<>();
    for (String part : text.split(separator, -1)) {
      if (!part.isEmpty()) {
        parts.add(part);
      }
    }
    return parts;
  }
}
