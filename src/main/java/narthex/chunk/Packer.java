package narthex.chunk;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import narthex.blob.BlobSink;
import narthex.blob.GrowingManifest;
import narthex.db.ChunkPlace;
import narthex.nix.Sha256;
import narthex.stream.ZstdFrames;
import org.jspecify.annotations.Nullable;

/**
 * Puts the chunks of one NAR where they are not stored yet: into packs, each chunk as one frame.
 * Used by one thread at a time.
 */
final class Packer implements Closeable {
  private static final System.Logger LOG = System.getLogger(Packer.class.getName());

  /** Numbers taken at once. */
  private static final int NUMBERS = 256;

  private final ChunkStore store;
  private final GrowingChunks growing;
  private final GrowingManifest manifest;
  private final ChunkLog log = new ChunkLog();
  private final KnownPacks knownPacks;
  private final List<String> packs = new ArrayList<>();
  private @Nullable ZstdFrames frames;
  private byte[] frame = {};
  private @Nullable BlobSink pack;
  private int packed;
  private long nextNumber;
  private long numbersEnd;
  private boolean keptSizes;

  /**
   * @param growing is told where each chunk is, as soon as it can be read there
   * @param manifest grows with that
   */
  Packer(ChunkStore store, GrowingChunks growing, GrowingManifest manifest) {
    this.store = store;
    this.growing = growing;
    this.manifest = manifest;
    this.knownPacks = new KnownPacks(store);
  }

  ChunkLog log() {
    return log;
  }

  /** Puts these chunks behind those before. */
  void pack(ChunkBatch batch) throws IOException {
    batch.name();
    Map<Sha256, ChunkPlace> stored = findStored(batch);
    for (int i = 0; i < batch.count(); i++) {
      Sha256 hash = batch.hash(i);
      int index = log.find(hash);
      if (index < 0) {
        ChunkPlace place = stored.get(hash);
        index = place == null ? write(batch, i) : log.addStored(place);
      }
      log.append(index);
      tell(log.place(index));
    }
  }

  private void tell(ChunkPlace place) {
    growing.add(place);
    manifest.grown(place.length());
  }

  private Map<Sha256, ChunkPlace> findStored(ChunkBatch batch) throws IOException {
    Set<Sha256> unknown = new HashSet<>();
    for (int i = 0; i < batch.count(); i++) {
      if (log.find(batch.hash(i)) < 0) {
        unknown.add(batch.hash(i));
      }
    }
    return unknown.isEmpty()
        ? Map.of()
        : knownPacks.readable(store.database().chunks().find(unknown));
  }

  private int write(ChunkBatch batch, int which) throws IOException {
    if (!keptSizes) {
      store.keepSizes();
      keptSizes = true;
    }
    int length = batch.length(which);
    int stored = frames().encode(batch.bytes(), batch.offset(which), length, frame);
    BlobSink sink = pack();
    sink.write(frame, 0, stored);
    ChunkPlace place =
        new ChunkPlace(
            takeNumber(),
            batch.hash(which),
            sink.key(),
            packed,
            stored,
            length,
            FrameCrc.of(frame, stored));
    packed += stored;
    if (packed >= store.settings().packBytes()) {
      commit();
    }
    return log.addNew(place);
  }

  private ZstdFrames frames() {
    ZstdFrames open = frames;
    if (open == null) {
      open = new ZstdFrames();
      frames = open;
      frame = new byte[ZstdFrames.largestFrame(store.settings().sizes().max())];
    }
    return open;
  }

  private BlobSink pack() throws IOException {
    BlobSink open = pack;
    if (open == null) {
      open = store.blobs().create(newKey());
      packs.add(open.key());
      pack = open;
      packed = 0;
      growing.writing(open);
    }
    return open;
  }

  private static String newKey() {
    String unique = UUID.randomUUID().toString().toLowerCase(Locale.ROOT);
    return "pack/" + unique.substring(0, 2) + "/" + unique;
  }

  private long takeNumber() throws IOException {
    if (nextNumber == numbersEnd) {
      nextNumber = store.database().chunks().takeNumbers(NUMBERS);
      numbersEnd = nextNumber + NUMBERS;
    }
    return nextNumber++;
  }

  /** Makes the pack that is being written durable, if there is one. */
  void commit() throws IOException {
    BlobSink open = pack;
    if (open != null) {
      open.commit();
      growing.writing(null);
      pack = null;
      open.close();
    }
  }

  /** Deletes every pack, committed or not; what cannot be deleted is logged. */
  void discard() {
    close();
    for (String key : packs) {
      delete(key);
    }
  }

  /** Deletes those packs in which no row says that a chunk is. */
  void discardUnnamed() {
    for (String key : packs) {
      try {
        if (!store.database().chunks().isPackNamed(key)) {
          delete(key);
        }
      } catch (IOException e) {
        LOG.log(Level.WARNING, "pack may be left over key={0} reason={1}", key, e.toString());
      }
    }
  }

  private void delete(String key) {
    try {
      store.blobs().delete(key);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "pack is left over key={0} reason={1}", key, e.toString());
    }
  }

  /** Frees what it holds; a pack that is not committed is gone. */
  @Override
  public void close() {
    ZstdFrames codec = frames;
    frames = null;
    if (codec != null) {
      codec.close();
    }
    BlobSink open = pack;
    pack = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "pack not closed key={0} reason={1}", open.key(), e.toString());
      }
    }
  }
}
