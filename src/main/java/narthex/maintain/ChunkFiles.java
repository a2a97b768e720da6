package narthex.maintain;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.chunk.ChunkedWriter;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.store.ChunkedNars;
import narthex.store.NarReading;
import narthex.store.StoredNars;
import narthex.stream.CorruptNarException;
import narthex.stream.DecoderShare;

/**
 * Cuts NARs into chunks that are stored as whole files. Each file is verified again while it is
 * read. A lost or damaged file is dropped, so that the next request fetches it again. If the
 * database or the blob store fails, nothing is dropped and the item is retried.
 */
public final class ChunkFiles implements Chore<Sha256> {
  private static final System.Logger LOG = System.getLogger(ChunkFiles.class.getName());
  private static final NarReading.Watch UNWATCHED = new NarReading.Watch() {};

  private final Database database;
  private final StoredNars stored;
  private final ChunkedNars chunked;
  private final DecoderShare decoders;

  /**
   * @param database its rows show which NARs are pending
   * @param stored opens and drops whole files
   * @param chunked stores NARs as chunks
   * @param decoders limits the memory for decoding in the background
   */
  public ChunkFiles(
      Database database, StoredNars stored, ChunkedNars chunked, DecoderShare decoders) {
    this.database = database;
    this.stored = stored;
    this.chunked = chunked;
    this.decoders = decoders;
  }

  @Override
  public String name() {
    return "cut NARs into chunks";
  }

  @Override
  public String done() {
    return "NARs cut into chunks";
  }

  @Override
  public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
    return database.chunkingQueue().findUnchunked(after, most);
  }

  /**
   * Reads the file of the NAR that is cheapest to decode. If it is lost or damaged, drops it and
   * tries the next one.
   */
  @Override
  public boolean run(Sha256 narHash) throws IOException {
    Optional<StoredNar> nar = database.findNar(narHash);
    if (nar.isEmpty() || nar.get().isChunked()) {
      return false;
    }
    for (Representation whole : easiestFirst(nar.get())) {
      Optional<String> damage = chunk(nar.get().id(), whole);
      if (damage.isEmpty()) {
        if (undoIfDeleted(narHash)) {
          return false;
        }
        logChunked(narHash);
        return true;
      }
      LOG.log(
          Level.ERROR,
          "stored nar is damaged and dropped hash={0} compression={1} reason={2}",
          narHash.nix32(),
          whole.compression().nixName(),
          damage.get());
      stored.drop(narHash, whole);
    }
    return false;
  }

  private void logChunked(Sha256 narHash) throws IOException {
    LOG.log(
        Level.INFO,
        "nar chunked in the background hash={0} waiting={1}",
        narHash.nix32(),
        Long.toString(database.chunkingQueue().countUnchunked()));
  }

  private static List<Representation> easiestFirst(StoredNar nar) {
    return nar.representations().stream()
        .sorted(Comparator.comparingInt(one -> cost(one.compression())))
        .toList();
  }

  private static int cost(Compression compression) {
    return switch (compression) {
      case NONE -> 0;
      case ZSTD, LZ4 -> 1;
      case GZIP, BR -> 2;
      case XZ, BZIP2 -> 3;
    };
  }

  /** Returns why the file is lost or damaged; empty if the NAR is now stored as chunks. */
  private Optional<String> chunk(NarId nar, Representation whole) throws IOException {
    try (ChunkedWriter writer = chunked.cut(nar)) {
      cut(nar, whole, writer);
      chunked.publish(nar, writer, another -> cut(nar, whole, another));
      return Optional.empty();
    } catch (BlobLostException | CorruptNarException e) {
      return Optional.of(e.toString());
    }
  }

  private void cut(NarId nar, Representation whole, ChunkedWriter writer) throws IOException {
    try (InputStream file = stored.openWhole(whole).open(0)) {
      NarReading.of(nar, whole.compression(), whole.extents().toString())
          .cut(file, decoders, UNWATCHED, writer);
    }
  }

  /**
   * /** Deletes the chunked NAR again if its files were deleted while it was cut, no narinfo
   * references it, and it wasn't stored again. Returns whether it did.
   */
  private boolean undoIfDeleted(Sha256 narHash) throws IOException {
    Optional<StoredNar> nar = database.findNar(narHash);
    boolean isWhole =
        nar.stream()
            .flatMap(found -> found.representations().stream())
            .anyMatch(form -> form.form() == Form.WHOLE);
    return nar.isPresent()
        && !isWhole
        && stored.deleteUnnamed(narHash, nar.get().storedAt().plusMillis(1));
  }
}
