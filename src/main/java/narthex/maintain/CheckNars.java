package narthex.maintain;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.blob.StoredManifest;
import narthex.chunk.ChunkLostException;
import narthex.chunk.ChunkedManifest;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.FsckTable;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.maintain.Finding.Kind;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.store.NarReading;
import narthex.stream.CorruptNarException;
import narthex.stream.DecoderShare;
import narthex.stream.DigestingInputStream;

/**
 * Checks stored NARs: the blobs of whole files exist and have the right length, manifests are
 * complete, file names lead to the NAR and, if asked for, files have their FileHash and NARs their
 * NarHash. For one thread.
 *
 * <p>The NAR may be dropped or stored again meanwhile. Then its row is another one, and it is
 * looked at again.
 */
final class CheckNars implements FsckStep {
  private static final NarReading.Watch UNWATCHED = new NarReading.Watch() {};

  private final Database database;
  private final FsckTable rows;
  private final CheckManifest manifests;
  private final BlobStore blobs;
  private final DecoderShare decoders;
  private final Fsck.Depth depth;
  private final Repairs repairs;

  CheckNars(Fsck.Store store, BlobStore blobs, Fsck.Depth depth, Repairs repairs) {
    this.database = store.database();
    this.rows = database.fsck();
    this.manifests = new CheckManifest(database);
    this.blobs = blobs;
    this.decoders = store.decoders();
    this.depth = depth;
    this.repairs = repairs;
  }

  @Override
  public String name() {
    return "nars";
  }

  @Override
  public long total() throws IOException {
    return rows.count(FsckTable.Rows.NARS);
  }

  @Override
  public List<String> find(String after, int most) throws IOException {
    return rows.findNars(after, most);
  }

  @Override
  public List<Finding> look(String key) throws IOException {
    Sha256 narHash = Sha256.parseNix32(key);
    return ChangingRow.look("the NAR", () -> database.findNar(narHash), this::look);
  }

  private List<Finding> look(StoredNar nar) throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (Representation form : nar.representations()) {
      Optional<Finding> found =
          form.form() == Form.WHOLE ? lookWhole(nar.id(), form) : lookChunked(nar.id(), form);
      found.ifPresent(findings::add);
      if (form.form() == Form.WHOLE) {
        lookFileName(nar.id().hash(), form.fileHash()).ifPresent(findings::add);
      }
      Sha256 frames = form.framesHash();
      if (frames != null) {
        lookName(nar.id().hash(), frames.nix32()).ifPresent(findings::add);
      }
    }
    lookName(nar.id().hash(), nar.id().hash().nix32()).ifPresent(findings::add);
    return findings;
  }

  /** The hash of a stored file needs no name, but must not be one of another NAR. */
  private Optional<Finding> lookFileName(Sha256 narHash, Sha256 fileHash) throws IOException {
    String stem = fileHash.nix32();
    Optional<Sha256> named = database.findNarByFileName(stem);
    return named.isEmpty() || named.get().equals(narHash)
        ? Optional.empty()
        : Optional.of(
            new Finding(
                Kind.WRONG_NAME,
                "file name " + stem + " of a file of nar " + narHash.nix32(),
                () -> repairs.nameFile(fileHash, narHash)));
  }

  private Optional<Finding> lookName(Sha256 narHash, String stem) throws IOException {
    return database.findNarByFileName(stem).equals(Optional.of(narHash))
        ? Optional.empty()
        : Optional.of(
            new Finding(
                Kind.WRONG_NAME,
                "file name " + stem + " of nar " + narHash.nix32(),
                () -> repairs.nameAgain(stem, narHash)));
  }

  private Optional<Finding> lookWhole(NarId nar, Representation form) throws IOException {
    String what =
        String.format(
            Locale.ROOT, "%s file of nar %s: ", form.compression().nixName(), nar.hash().nix32());
    Finding.Repair repair = () -> repairs.dropWhole(nar.hash(), form);
    Map<String, Long> ends = new HashMap<>();
    long length = 0;
    for (Extent extent : form.extents()) {
      length += extent.length();
      ends.merge(extent.blob(), extent.offset() + extent.storedLength(), Math::max);
    }
    if (length != form.fileSizeBytes()) {
      String reason = "extents have " + length + " of " + form.fileSizeBytes() + " bytes";
      return Optional.of(new Finding(Kind.WRONG_LENGTH, what + reason, repair));
    }
    for (Map.Entry<String, Long> blob : ends.entrySet()) {
      OptionalLong stored = blobs.find(blob.getKey());
      if (stored.isEmpty()) {
        return Optional.of(new Finding(Kind.LOST_BLOB, what + "blob " + blob.getKey(), repair));
      }
      if (stored.getAsLong() != blob.getValue()) {
        String reason =
            String.format(
                Locale.ROOT,
                "blob %s has %d of %d bytes",
                blob.getKey(),
                stored.getAsLong(),
                blob.getValue());
        return Optional.of(new Finding(Kind.WRONG_LENGTH, what + reason, repair));
      }
    }
    if (depth == Fsck.Depth.FRAMES) {
      return Optional.empty();
    }
    return readWhole(nar, form)
        .map(kind -> new Finding(kind, what + String.join(" ", ends.keySet()), repair));
  }

  /**
   * Reads a whole file. Its FileHash is enough to know that it is the file whose NAR was verified;
   * a deep check decodes the NAR again.
   */
  private Optional<Kind> readWhole(NarId nar, Representation form) throws IOException {
    StoredManifest file = new StoredManifest(blobs, form.extents());
    try {
      try (DigestingInputStream in = new DigestingInputStream(file.open(0))) {
        in.transferTo(OutputStream.nullOutputStream());
        if (!in.digest().equals(form.fileHash())) {
          return Optional.of(Kind.DAMAGED_FILE);
        }
      }
      if (depth == Fsck.Depth.DEEP && form.compression() != Compression.NONE) {
        NarReading.of(nar, form.compression(), form.extents().toString())
            .read(file.open(0), decoders, UNWATCHED);
      }
      return Optional.empty();
    } catch (BlobLostException gone) {
      return Optional.of(Kind.LOST_BLOB);
    } catch (CorruptNarException e) {
      return Optional.of(Kind.WRONG_NAR);
    }
  }

  private Optional<Finding> lookChunked(NarId nar, Representation form) throws IOException {
    Optional<String> problem = manifests.look(nar);
    if (problem.isPresent()) {
      ChunkLostException lost = ChunkLostException.ofRows(problem.get());
      return Optional.of(broken(Kind.BROKEN_MANIFEST, nar, form, lost));
    }
    return depth == Fsck.Depth.DEEP ? readChunked(nar, form) : Optional.empty();
  }

  private Optional<Finding> readChunked(NarId nar, Representation form) throws IOException {
    ChunkedManifest manifest =
        new ChunkedManifest(database.chunks(), blobs, nar, form.fileSizeBytes());
    try (DigestingInputStream in =
        new DigestingInputStream(decoders.openChunks(() -> manifest.open(0)))) {
      in.transferTo(OutputStream.nullOutputStream());
      Sha256 actual = in.digest();
      if (actual.equals(nar.hash()) && in.count() == nar.sizeBytes()) {
        return Optional.empty();
      }
      ChunkLostException lost =
          ChunkLostException.ofRows("the chunks give a nar with NarHash " + actual.nix32());
      return Optional.of(broken(Kind.WRONG_NAR, nar, form, lost));
    } catch (ChunkLostException lost) {
      return Optional.of(broken(Kind.WRONG_NAR, nar, form, lost));
    }
  }

  private Finding broken(Kind kind, NarId nar, Representation form, ChunkLostException lost) {
    return new Finding(
        kind,
        "chunked nar " + nar.hash().nix32() + ": " + lost.getMessage(),
        () -> repairs.dropChunked(nar.hash(), form, lost));
  }
}
