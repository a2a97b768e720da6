package narthex.chunk;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import narthex.blob.GrowingManifest;
import narthex.blob.Spool;
import narthex.db.ChunkPlace;
import narthex.db.DatabaseException;
import narthex.db.DatabaseTries;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Writes the chunks of one NAR that aren't stored yet to packs, each chunk as one frame. Not
 * thread-safe.
 */
final class Packer implements Closeable {
  private static final System.Logger LOG = System.getLogger(Packer.class.getName());

  /** Chunk numbers taken at once from the {@link ChunkStore}. */
  private static final int NUMBERS = 256;

  private final ChunkStore store;
  private final GrowingChunks growing;
  private final GrowingManifest manifest;
  private final ChunkLog log;
  private final DurableExtents durable;
  private final KnownPacks knownPacks;

  /** The committed packs that no row refers to. */
  private final List<String> packs = new ArrayList<>();

  /** The chunks in the pack that is being written. */
  private final List<ChunkPlace> unnamed = new ArrayList<>();

  private final FrameEncoders encoders;
  private @Nullable Spool pack;
  private String packKey = "";
  private int packed;
  private long packBegun;
  private long nextNumber;
  private long numbersEnd;

  /**
   * Creates a packer. The caller closes it.
   *
   * @param log receives each chunk when it can be read
   * @param growing receives the pack that is being written
   * @param manifest receives the length of each chunk and the durable extents
   * @param knownPacks checks stored chunks before the NAR refers to them
   */
  Packer(
      ChunkStore store,
      ChunkLog log,
      GrowingChunks growing,
      GrowingManifest manifest,
      KnownPacks knownPacks) {
    this.store = store;
    this.log = log;
    this.growing = growing;
    this.manifest = manifest;
    this.durable = new DurableExtents(manifest.extents());
    this.knownPacks = knownPacks;
    this.encoders = store.newEncoders();
  }

  /** Appends chunks to the NAR. Writes those that aren't stored yet. */
  void pack(ChunkBatch batch) throws IOException {
    batch.name();
    Map<Sha256, ChunkPlace> stored = findStored(batch);
    encoders.encode(batch, fresh(batch, stored.keySet()));
    int encoded = 0;
    for (int i = 0; i < batch.count(); i++) {
      Sha256 hash = batch.hash(i);
      int index = log.find(hash);
      if (index < 0) {
        ChunkPlace place = stored.get(hash);
        index = place == null ? write(hash, batch.length(i), encoded++) : log.addStored(place);
      }
      manifest.grown(log.append(index));
      durable.add(log.place(index), pack == null ? "" : packKey);
      if (isFull() || nanosUntilDue() <= 0) {
        commit();
      }
    }
  }

  /**
   * How long until the open pack, or found chunks alone, are due for another replica; the maximum
   * if none waits for them.
   */
  long nanosUntilDue() {
    if (pack != null) {
      return manifest.nanosUntilPartDue(packBegun);
    }
    return durable.isWaiting() ? manifest.nanosUntilPartDue(durable.begunNanos()) : Long.MAX_VALUE;
  }

  private boolean isFull() {
    return pack != null && packed >= store.policy().packBytes();
  }

  /** Returns the indexes in the batch of the chunks to write, each distinct chunk once. */
  private int[] fresh(ChunkBatch batch, Set<Sha256> stored) {
    Set<Sha256> seen = new HashSet<>(stored);
    return IntStream.range(0, batch.count())
        .filter(i -> log.find(batch.hash(i)) < 0 && seen.add(batch.hash(i)))
        .toArray();
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
        : knownPacks.readable(
            DatabaseTries.keepTrying(() -> store.database().chunks().find(unknown)));
  }

  /**
   * Writes a frame to the pack and adds its chunk to the log. Returns the chunk's index in the log.
   */
  private int write(Sha256 hash, int length, int encoded) throws IOException {
    store.keepSizes();
    int offset = encoders.offset(encoded);
    int stored = encoders.length(encoded);
    pack().write(encoders.frames(), offset, stored);
    ChunkPlace place =
        new ChunkPlace(
            takeNumber(),
            hash,
            packKey,
            packed,
            stored,
            length,
            FrameCrc.of(encoders.frames(), offset, stored));
    packed += stored;
    unnamed.add(place);
    return log.addNew(place);
  }

  private Spool pack() throws IOException {
    Spool open = pack;
    if (open == null) {
      open = store.blobs().spool();
      packKey = newKey();
      pack = open;
      packed = 0;
      packBegun = System.nanoTime();
      growing.writing(packKey, open);
    }
    return open;
  }

  /** Returns a key for a new pack. */
  static String newKey() {
    String unique = UUID.randomUUID().toString().toLowerCase(Locale.ROOT);
    return "pack/" + unique.substring(0, 2) + "/" + unique;
  }

  private long takeNumber() throws IOException {
    if (nextNumber == numbersEnd) {
      nextNumber = store.takeNumbers(NUMBERS);
      numbersEnd = nextNumber + NUMBERS;
    }
    return nextNumber++;
  }

  /**
   * Commits the pack that is being written, if there is one, and stores the rows of its chunks, so
   * that other NARs can refer to them before this one is complete. Reports all chunks as durable.
   */
  void commit() throws IOException {
    List<ChunkPlace> inPack = List.copyOf(unnamed);
    commitLast();
    if (!inPack.isEmpty()) {
      name(inPack);
    }
  }

  /**
   * Commits the last pack of the NAR, if there is one, and reports all chunks as durable. The rows
   * of its chunks are left to the NAR's own transaction, which a small NAR needs anyway.
   */
  void commitLast() throws IOException {
    Spool open = pack;
    if (open != null) {
      packs.add(packKey);
      open.commit(packKey);
      growing.committed();
      pack = null;
      unnamed.clear();
      open.close();
    }
    durable.committed();
  }

  /** Stores the rows of chunks. If the database fails, these are left to the NAR's transaction. */
  private void name(List<ChunkPlace> inPack) {
    String key = inPack.get(0).pack();
    try {
      List<ChunkPlace> stored =
          store
              .database()
              .chunks()
              .store(inPack.stream().sorted(Comparator.comparing(ChunkPlace::hash)).toList());
      stored.forEach(chunk -> log.stored(chunk.hash()));
      if (!stored.isEmpty()) {
        packs.remove(key);
      }
    } catch (IOException e) {
      if (e instanceof DatabaseException failed && failed.isOutcomeUnknown()) {
        packs.remove(key); // rows may refer to it
      }
      LOG.log(
          Level.WARNING,
          "chunks are not shared before their nar is complete key={0} reason={1}",
          key,
          e.toString());
    }
  }

  /** Closes this and deletes its packs without rows. Failures are logged. */
  void discard() {
    close();
    for (String key : packs) {
      delete(key);
    }
  }

  /** Deletes the packs that no chunk row refers to. Failures are logged. */
  void discardUnnamed() {
    for (String key : packs) {
      try {
        if (!store.database().chunks().isPackNamed(key)) {
          delete(key);
        }
      } catch (IOException e) {
        LOG.log(
            Level.WARNING, "could not delete unused pack key={0} reason={1}", key, e.toString());
      }
    }
  }

  private void delete(String key) {
    try {
      store.blobs().delete(key);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "could not delete unused pack key={0} reason={1}", key, e.toString());
    }
  }

  /** Releases memory and files. Discards a pack that isn't committed. */
  @Override
  public void close() {
    encoders.close();
    Spool open = pack;
    pack = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "could not close pack key={0} reason={1}", packKey, e.toString());
      }
    }
  }
}
