package narthex.serve;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import narthex.blob.BlobLostException;
import narthex.chunk.ChunkLostException;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.store.StoredNars;
import narthex.stream.DecoderShare;

/** Makes sources of what is stored. Thread-safe. */
final class StoredForms {
  private final StoredNars stored;
  private final DecoderShare decoders;

  StoredForms(StoredNars stored, DecoderShare decoders) {
    this.stored = stored;
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
      StoredNar nar, Representation form, Compression wanted, Consumer<ChunkLostException> damage)
      throws IOException {
    NarSource source = form.form() == Form.CHUNKED ? chunked(nar, form, damage) : whole(form);
    if (wanted == source.compression()) {
      return source;
    }
    return source.encoded(wanted).orElseGet(() -> new DecodedSource(source, nar.id(), decoders));
  }

  private NarSource whole(Representation form) throws IOException {
    return new FileSource(stored.openWhole(form), form.compression(), form.fileHash().nix32());
  }

  private NarSource chunked(StoredNar nar, Representation form, Consumer<ChunkLostException> damage)
      throws IOException {
    return new ChunkedSource(
        stored.openChunked(nar.id(), form), nar.id(), form.framesHash(), decoders, damage);
  }
}
