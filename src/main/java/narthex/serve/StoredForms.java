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
import narthex.store.PopularFiles;
import narthex.store.StoredNars;
import narthex.stream.DecoderShare;

/** Creates sources from stored forms of NARs. Thread-safe. */
final class StoredForms {
  private final StoredNars stored;
  private final DecoderShare decoders;
  private final PopularFiles popular;

  StoredForms(StoredNars stored, DecoderShare decoders, PopularFiles popular) {
    this.stored = stored;
    this.decoders = decoders;
    this.popular = popular;
  }

  /**
   * The stored forms that can be sent under a name, best first. For the NAR itself: its chunks,
   * then the uncompressed file, then files to decode. For a compressed file: only files in that
   * compression; and for zstd, also the frames of chunks if the name is their hash.
   *
   * @param wanted the compression to send, which may differ from the name's
   */
  static List<Representation> fitting(StoredNar nar, NarFileName name, Compression wanted) {
    return nar.representations().stream()
        .filter(one -> wanted == Compression.NONE || asIs(one, name, wanted))
        .sorted(
            Comparator.<Representation, Boolean>comparing(one -> !asIs(one, name, wanted))
                .thenComparing(one -> one.form() != Form.CHUNKED))
        .toList();
  }

  /** Whether the form can be sent without compressing or decoding a whole file. */
  private static boolean asIs(Representation stored, NarFileName name, Compression wanted) {
    Sha256 framesHash = stored.framesHash();
    return stored.compression() == wanted
        || (wanted == Compression.ZSTD && framesHash != null && name.isNamedBy(framesHash));
  }

  /**
   * Opens a source of a stored form. The caller closes it.
   *
   * @param damage called in the reader's thread when a read finds chunks lost
   * @throws BlobLostException if the blob of a whole file doesn't exist
   * @throws ChunkLostException if the first chunk doesn't exist
   */
  NarSource source(
      StoredNar nar, Representation form, Compression wanted, Consumer<ChunkLostException> damage)
      throws IOException {
    NarSource source = form.form() == Form.CHUNKED ? chunked(nar, form, damage) : whole(form);
    if (wanted == source.compression()) {
      return source;
    }
    return source.encoded(wanted).orElseGet(() -> decoded(source, nar));
  }

  private NarSource decoded(NarSource file, StoredNar nar) {
    return PopularSource.of(new DecodedSource(file, nar.id(), decoders), nar.id(), popular);
  }

  private NarSource whole(Representation form) throws IOException {
    return new FileSource(stored.openPopular(form), form.compression(), form.fileHash().nix32());
  }

  private NarSource chunked(StoredNar nar, Representation form, Consumer<ChunkLostException> damage)
      throws IOException {
    ChunkedSource source =
        new ChunkedSource(
            stored.openChunked(nar.id(), form), nar.id(), form.framesHash(), decoders, damage);
    return PopularSource.of(source, nar.id(), popular);
  }
}
