package narthex.serve;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.StoredManifest;
import narthex.chunk.ChunkLostException;
import narthex.chunk.ChunkedManifest;
import narthex.db.ChunkTable;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.stream.DecoderShare;

/** Makes sources of what is stored. Thread-safe. */
final class StoredForms {
  private final ChunkTable chunks;
  private final BlobStore blobs;
  private final DecoderShare decoders;

  StoredForms(ChunkTable chunks, BlobStore blobs, DecoderShare decoders) {
    this.chunks = chunks;
    this.blobs = blobs;
    this.decoders = decoders;
  }

  /**
   * The stored forms that can be sent under a name, the best first. The NAR itself comes from its
   * chunks, else as it is stored, else decoded. A compressed file comes as it is stored; the frames
   * of chunks are a zstd file under no name but their own hash.
   *
   * @param wanted the compression, where the name does not tell it
   */
  static List<Representation> fitting(StoredNar nar, NarFileName name, Compression wanted) {
    return nar.representations().stream()
        .filter(one -> wanted == Compression.NONE || asIs(one, name, wanted))
        .sorted(
            Comparator.<Representation, Boolean>comparing(one -> !asIs(one, name, wanted))
                .thenComparing(one -> one.form() != Form.CHUNKED))
        .toList();
  }

  /** Whether nothing has to be compressed, nor a whole file decoded. */
  private static boolean asIs(Representation stored, NarFileName name, Compression wanted) {
    Sha256 framesHash = stored.framesHash();
    return stored.compression() == wanted
        || (wanted == Compression.ZSTD && framesHash != null && name.isNamedBy(framesHash));
  }

  /**
   * The source of a stored form.
   *
   * @param damage is told when a reading of chunks finds some lost, in the reader's thread
   * @throws BlobLostException if the bytes of a whole file are surely not there
   * @throws ChunkLostException if the first chunk is surely not there
   */
  NarSource source(
      StoredNar nar, Representation stored, Compression wanted, Consumer<ChunkLostException> damage)
      throws IOException {
    NarSource source = stored.form() == Form.CHUNKED ? chunked(nar, stored, damage) : whole(stored);
    if (wanted == source.compression()) {
      return source;
    }
    return source.encoded(wanted).orElseGet(() -> new DecodedSource(source, nar.id(), decoders));
  }

  private NarSource whole(Representation stored) throws IOException {
    StoredManifest manifest = new StoredManifest(blobs, stored.extents());
    manifest.requirePresent();
    return new FileSource(manifest, stored.compression(), stored.fileHash().nix32());
  }

  private NarSource chunked(
      StoredNar nar, Representation stored, Consumer<ChunkLostException> damage)
      throws IOException {
    ChunkedManifest manifest = new ChunkedManifest(chunks, blobs, nar.id(), stored.fileSizeBytes());
    manifest.requireStart();
    return new ChunkedSource(manifest, nar.id(), stored.framesHash(), decoders, damage);
  }
}
