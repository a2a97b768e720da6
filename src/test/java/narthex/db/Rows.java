package narthex.db;

import java.time.Instant;
import java.util.List;
import narthex.blob.Extent;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.Nix32;
import narthex.nix.Sha256;
import narthex.nix.Signature;
import narthex.nix.StorePath;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/** Rows for tests; the same number gives the same row. */
final class Rows {
  static final Instant NOON = Instant.parse("2025-03-04T12:00:00.123Z");

  private Rows() {}

  static Sha256 hash(int number) {
    byte[] bytes = new byte[32];
    bytes[0] = (byte) number;
    bytes[1] = (byte) (number >> 8);
    bytes[31] = 1;
    return Sha256.of(bytes);
  }

  static StorePathHash pathHash(int number) {
    byte[] bytes = new byte[20];
    bytes[0] = (byte) number;
    bytes[1] = (byte) (number >> 8);
    return StorePathHash.parse(Nix32.encode(bytes));
  }

  static StorePath path(int number) {
    return StorePath.parse("/nix/store/" + pathHash(number).text() + "-some+thing_1.0?=x");
  }

  /** A narinfo of path {@code path} with NAR {@code nar} and file name stem {@code stem}. */
  static NarInfoRow narInfo(int path, int nar, String stem) {
    NarFile file =
        new NarFile("nar/" + stem + ".nar.xz?x='; drop", Compression.XZ, hash(nar + 1000), 77L);
    NarInfo said =
        new NarInfo(
            path(path),
            file,
            nar(nar),
            List.of(path(path).baseName(), path(path + 1).baseName()),
            path(path + 2).baseName(),
            List.of(signature("one-1"), signature("two-1")),
            "fixed:r:sha256:" + hash(3).nix32());
    return new NarInfoRow(said, "https://binary.example/it's \"%_\\ one", stem, NOON);
  }

  static NarInfoRow poorNarInfo(int path, int nar) {
    NarInfo said =
        new NarInfo(
            path(path),
            new NarFile("nar/x.nar", Compression.NONE, null, null),
            nar(nar),
            List.of(),
            null,
            List.of(),
            null);
    return new NarInfoRow(said, null, hash(nar).nix32(), NOON);
  }

  static NarInfoRow at(NarInfoRow row, @Nullable String upstream, Instant checkedAt) {
    return new NarInfoRow(row.said(), upstream, row.stem(), checkedAt);
  }

  static NarId nar(int number) {
    return new NarId(hash(number), 5_000_000_000L + number);
  }

  static Representation representation(String blob) {
    return new Representation(
        Form.WHOLE,
        Compression.XZ,
        hash(9),
        6_000_000_000L,
        List.of(
            new Extent(blob, 0, 6_000_000_000L, 6_000_000_000L),
            new Extent(blob, 6_000_000_000L, 127, 128),
            new Extent(blob + "-ü", Long.MAX_VALUE - 1, 1, Long.MAX_VALUE)));
  }

  /** A document in this blob. */
  static DocumentRow document(DocumentName name, String blob) {
    return new DocumentRow(
        name, hash(4), 5_000_000_000L, blob, 4_000_000_000L, "https://binary.example/it's", NOON);
  }

  static DocumentName documentName(int number) {
    return DocumentName.parse("log/" + pathHash(number).text() + "-some+thing_1.0?=x.drv");
  }

  /** A whole file with this compression and FileHash. */
  static Representation file(Compression compression, int fileHash) {
    String blob = compression.nixName() + "-" + fileHash;
    return new Representation(
        Form.WHOLE, compression, hash(fileHash), 9, List.of(new Extent(blob, 0, 9, 9)));
  }

  static Signature signature(String key) {
    return Signature.parse(key + ":" + "A".repeat(86) + "==");
  }
}
