package narthex.maintain;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
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

  /** What became of a NAR. */
  enum Outcome {
    /** It is stored as chunks now. */
    CHUNKED,
    /** Nothing: it has chunks already, was deleted, or another thread cuts it. */
    UNCHANGED,
    /** All its files were lost or damaged, and were dropped. */
    DROPPED
  }

  private final Database database;
  private final StoredNars stored;
  private final ChunkedNars chunked;
  private final DecoderShare decoders;

  /** The NARs that a thread cuts now; another one would do the same work. */
  private final Set<Sha256> cutting = ConcurrentHashMap.newKeySet();

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

  @Override
  public boolean run(Sha256 narHash) throws IOException {
    return cut(narHash, UNWATCHED, damage -> {}) == Outcome.CHUNKED;
  }

  /**
   * Cuts a NAR. Reads the file that is cheapest to decode. If it is lost or damaged, drops it and
   * tries the next one.
   *
   * @param watch observes the reading
   * @param damages gets one line for each file that was dropped
   * @throws IOException if the storage fails, or the watch aborts; nothing is dropped then
   */
  Outcome cut(Sha256 narHash, NarReading.Watch watch, Consumer<String> damages) throws IOException {
    if (!cutting.add(narHash)) {
      return Outcome.UNCHANGED;
    }
    try {
      Optional<StoredNar> nar = database.findNar(narHash);
      return nar.isEmpty() || nar.get().isChunked()
          ? Outcome.UNCHANGED
          : cut(nar.get(), watch, damages);
    } finally {
      cutting.remove(narHash);
    }
  }

  private Outcome cut(StoredNar nar, NarReading.Watch watch, Consumer<String> damages)
      throws IOException {
    Sha256 narHash = nar.id().hash();
    for (Representation whole : easiestFirst(nar)) {
      Optional<String> damage = chunk(nar.id(), whole, watch);
      if (damage.isEmpty()) {
        if (undoIfDeleted(narHash)) {
          return Outcome.UNCHANGED;
        }
        LOG.log(Level.INFO, "nar chunked in the background hash={0}", narHash.nix32());
        return Outcome.CHUNKED;
      }
      LOG.log(
          Level.ERROR,
          "stored nar is damaged and dropped hash={0} compression={1} reason={2}",
          narHash.nix32(),
          whole.compression().nixName(),
          damage.get());
      stored.drop(narHash, whole);
      damages.accept(damage.get());
    }
    return Outcome.DROPPED;
  }

  static List<Representation> easiestFirst(StoredNar nar) {
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
  private Optional<String> chunk(NarId nar, Representation whole, NarReading.Watch watch)
      throws IOException {
    try (ChunkedWriter writer = chunked.cut(nar)) {
      write(nar, whole, watch, writer);
      chunked.publish(nar, writer, another -> write(nar, whole, watch, another));
      return Optional.empty();
    } catch (BlobLostException | CorruptNarException e) {
      return Optional.of(e.toString());
    }
  }

  private void write(NarId nar, Representation whole, NarReading.Watch watch, ChunkedWriter writer)
      throws IOException {
    try (InputStream file = stored.openWhole(whole).open(0)) {
      NarReading.of(nar, whole.compression(), whole.extents().toString())
          .cut(file, decoders, watch, writer);
    }
  }

  /**
   * Deletes the chunked NAR again if its files were deleted while it was cut, no narinfo references
   * it, and it wasn't stored again. Returns whether it did.
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
