package narthex.maintain;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import narthex.blob.BlobLostException;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.chunk.ChunkLostException;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.db.WholeFile;
import narthex.db.WholeFileKey;
import narthex.maintain.Migration.Outcome;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.store.ChunkedNars;
import narthex.store.NarReading;
import narthex.store.StoredNars;
import narthex.stream.CopyingInputStream;
import narthex.stream.CorruptNarException;
import narthex.stream.DecoderShare;

/**
 * Makes NARs whole files again that are stored as chunks. A file that is still stored is kept;
 * otherwise the uncompressed NAR is written: its name always means the same bytes, while a newly
 * compressed file would differ from the one that clients know by its name.
 */
final class ChunksToFiles implements Migration.Change {
  private static final System.Logger LOG = System.getLogger(ChunksToFiles.class.getName());

  private final Database database;
  private final BlobStore blobs;
  private final StoredNars stored;
  private final ChunkedNars chunked;
  private final DecoderShare decoders;

  ChunksToFiles(MigrateJob.Store store) {
    this.database = store.database();
    this.blobs = store.blobs();
    this.stored = store.stored();
    this.chunked = store.chunked();
    this.decoders = store.decoders();
  }

  @Override
  public long count() throws IOException {
    return database.chunkingQueue().countChunked();
  }

  @Override
  public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
    return database.chunkingQueue().findChunked(after, most);
  }

  @Override
  public Outcome migrate(Sha256 narHash, NarReading.Watch watch, Consumer<String> damages)
      throws IOException {
    Optional<StoredNar> found = database.findNar(narHash);
    if (found.isEmpty() || !found.get().isChunked()) {
      return Outcome.UNCHANGED;
    }
    StoredNar nar = found.get();
    for (Representation file : ChunkFiles.easiestFirst(nar)) {
      if (file.form() == Form.WHOLE && isRight(nar.id(), file, watch, damages)) {
        return outcome(stored.replaceChunks(nar.id(), file, WholeFile.STORED));
      }
    }
    Representation chunks = nar.find(Form.CHUNKED, Compression.NONE).orElseThrow();
    try {
      Representation written = write(nar.id(), chunks, watch);
      return outcome(stored.replaceChunks(nar.id(), written, WholeFile.NEW));
    } catch (ChunkLostException lost) {
      chunked.drop(narHash, chunks, lost);
      damages.accept(String.valueOf(lost.getMessage()));
    } catch (CorruptNarException wrong) { // needs a check of all its chunks
      damages.accept(wrong.getMessage() + "; fsck with deep and repair mends it");
    }
    return Outcome.DAMAGED;
  }

  private static Outcome outcome(boolean isReplaced) {
    return isReplaced ? Outcome.MIGRATED : Outcome.UNCHANGED;
  }

  /** Verifies a file that is still stored; drops it if it is lost or damaged. */
  private boolean isRight(
      NarId nar, Representation file, NarReading.Watch watch, Consumer<String> damages)
      throws IOException {
    try (InputStream in = stored.openWhole(file).open(0)) {
      NarReading.of(nar, file.compression(), file.extents().toString()).read(in, decoders, watch);
      return true;
    } catch (BlobLostException | CorruptNarException e) {
      LOG.log(
          Level.ERROR,
          "stored nar is damaged and dropped hash={0} compression={1} reason={2}",
          nar.hash().nix32(),
          file.compression().nixName(),
          e.toString());
      stored.drop(nar.hash(), file);
      damages.accept("dropped a damaged file beside the chunks: " + e.getMessage());
      return false;
    }
  }

  /** Writes the NAR to a new blob, and verifies it before the commit. */
  private Representation write(NarId nar, Representation chunks, NarReading.Watch watch)
      throws IOException {
    String key = WholeFileKey.create(nar.hash());
    try (BlobSink sink = blobs.create(key);
        InputStream in =
            new CopyingInputStream(
                decoders.openChunks(() -> stored.openUncached(nar, chunks).open(0)), sink::write)) {
      NarReading.of(nar, Compression.NONE, "its chunks").read(in, decoders, watch);
      sink.commit();
    }
    long length = nar.sizeBytes();
    List<Extent> extents = List.of(new Extent(key, 0, length, length));
    return new Representation(Form.WHOLE, Compression.NONE, nar.hash(), length, extents);
  }
}
