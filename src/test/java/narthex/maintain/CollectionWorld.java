package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.blob.BlobStore;
import narthex.blob.MemoryBlobStore;
import narthex.blob.MortalBlobStore;
import narthex.chunk.ChunkStore;
import narthex.chunk.ChunkedManifest;
import narthex.chunk.ChunkedWriter;
import narthex.chunk.PackCompaction;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.Form;
import narthex.db.GarbageTable;
import narthex.db.MortalDatabase;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.testing.FileTrees;
import narthex.testing.KillSwitch;
import narthex.testing.StoredChunks;

/** Some NARs that share pieces, a store of them, and what should be stored. */
final class CollectionWorld implements AutoCloseable {
  static final int NARS = 6;
  private static final int PIECES = 5;
  private static final int PIECE_BYTES = 30_000;
  private static final int MOST_OPEN = 3;
  private static final int STRINGS = 300;
  private static final int STRING_BYTES = 20;
  private static final int LEVEL = 19;

  /** What one step does; which NAR, writer or reader it concerns is given by a number. */
  enum Action {
    STORE,
    BEGIN_WRITER,
    STORE_WRITER,
    ABANDON_WRITER,
    BEGIN_READER,
    FINISH_READER,
    DROP,
    MARK,
    REMOVE_IF_DUE,
    COMPACT,
    REPACK,
    INTERRUPTED_REPACK,
    HASH_FRAMES,
    DELETE_GARBAGE,
    RESTART,
    KILL
  }

  record Step(Action action, int which) {}

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final MemoryBlobStore memory = new MemoryBlobStore();
  private final Path folder;
  private final List<byte[]> nars = new ArrayList<>();
  private final Map<Integer, NarId> expected = new HashMap<>();
  private final Map<NarId, byte[]> frames = new HashMap<>();
  private final List<Open> writers = new ArrayList<>();
  private final List<Reader> readers = new ArrayList<>();
  private Instant now = Instant.parse("2025-03-04T12:00:00Z");
  private KillSwitch process = new KillSwitch();
  private final Deaths deaths = new Deaths(() -> process.isKilled());
  private BlobStore blobs = memory;
  private Database database;
  private ChunkStore chunks;
  private StoredNars stored;
  private ChunkedNars chunked;
  private CollectChunks collect;
  private CompactPacks compact;

  private record Open(int nar, ChunkedWriter writer) {}

  private record Reader(int nar, InputStream in, byte[] begin) {}

  CollectionWorld() throws IOException {
    folder = Files.createTempDirectory("collection");
    for (int nar = 0; nar < NARS; nar++) {
      byte[] bytes = new byte[PIECES * PIECE_BYTES];
      for (int piece = 0; piece < PIECES; piece++) {
        byte[] part = piece((nar + piece) % 4 + 10L * (piece % 2));
        System.arraycopy(part, 0, bytes, piece * PIECE_BYTES, PIECE_BYTES);
      }
      bytes[0] = (byte) nar;
      nars.add(bytes);
    }
    open();
  }

  /** Bytes that become smaller in longer frames: repetitions of few strings. */
  private static byte[] piece(long seed) {
    byte[] strings = new byte[STRINGS * STRING_BYTES];
    new Random(0).nextBytes(strings);
    Random random = new Random(seed);
    byte[] piece = new byte[PIECE_BYTES];
    for (int at = 0; at < PIECE_BYTES; at += STRING_BYTES) {
      int string = random.nextInt(STRINGS);
      System.arraycopy(strings, string * STRING_BYTES, piece, at, STRING_BYTES);
    }
    return piece;
  }

  private void open() throws IOException {
    KillSwitch next = process.successor();
    process = next;
    blobs = new MortalBlobStore(memory, next);
    database =
        MortalDatabase.open(
            new DatabaseAddress("jdbc:sqlite:" + folder.resolve("x.db"), null, null, null), next);
    stored = new StoredNars(blobs, database, () -> now, Duration.ofMinutes(1));
    chunks = StoredChunks.ofUsualSizes(blobs, database, threads);
    chunked = new ChunkedNars(chunks, database, stored, () -> now);
    collect =
        new CollectChunks(
            database,
            new CollectionRounds(database, chunks.writers(), "alone", () -> now),
            Duration.ofHours(1),
            () -> now,
            64);
    AtomicInteger asked = new AtomicInteger(); // the server is idle every other moment
    compact =
        new CompactPacks(
            database, compaction(), 0.5, () -> asked.incrementAndGet() % 8 < 4, () -> now);
  }

  /** Does a step. If the process dies meanwhile, another one takes its place. */
  void run(Step step) throws Exception {
    now = now.plusSeconds(20);
    if (deaths.in(() -> act(step), step.action() == Action.KILL)) {
      replaceKilled();
    }
  }

  /** What a killed process has stored, although nobody was told, is there. */
  private void replaceKilled() throws Exception {
    restart();
    for (int nar = 0; nar < NARS; nar++) {
      NarId id = id(nars.get(nar));
      if (database.findNar(id.hash()).isPresent()) {
        expected.put(nar, id);
      }
    }
  }

  /** How often the process was killed in the middle of a step. */
  int killedAtWork() {
    return deaths.inTheMiddle();
  }

  private void act(Step step) throws Exception {
    switch (step.action()) {
      case STORE -> {
        try (ChunkedWriter writer = written(step.which())) {
          publish(step.which(), writer);
        }
      }
      case BEGIN_WRITER -> {
        if (writers.size() < MOST_OPEN) {
          writers.add(new Open(step.which(), written(step.which())));
        }
      }
      case STORE_WRITER -> {
        if (!writers.isEmpty()) {
          try (ChunkedWriter writer = writers.get(0).writer()) {
            publish(writers.remove(0).nar(), writer);
          }
        }
      }
      case ABANDON_WRITER -> {
        if (!writers.isEmpty()) {
          writers.remove(0).writer().close();
        }
      }
      case BEGIN_READER -> {
        if (expected.containsKey(step.which()) && readers.size() < MOST_OPEN) {
          InputStream in = open(expected.get(step.which())).open(0);
          readers.add(new Reader(step.which(), in, in.readNBytes(1000)));
        }
      }
      case FINISH_READER -> {
        if (!readers.isEmpty()) {
          finish(readers.remove(0));
        }
      }
      case DROP -> drop(step.which());
      case MARK -> {
        if (!database.collection().state().isPending()) {
          collect.run(CollectChunks.Step.MARK);
        }
      }
      case REMOVE_IF_DUE -> runDue(collect);
      case COMPACT -> runDue(compact);
      case REPACK -> runDue(repack(Integer.MAX_VALUE));
      case INTERRUPTED_REPACK -> runDue(repack(3 + 4 * step.which()));
      case HASH_FRAMES -> runDue(new HashFrames(database, stored, chunked));
      case DELETE_GARBAGE -> runDue(new DeleteGarbage(database, blobs, () -> now));
      case RESTART -> restart();
      case KILL -> process.arm(1 + step.which() * step.which() / 2);
    }
  }

  /** A chore that compresses packs again until the server has been asked so often. */
  private RepackPacks repack(int asked) {
    AtomicInteger left = new AtomicInteger(asked);
    return new RepackPacks(database, compaction(), () -> left.getAndDecrement() > 0, () -> now);
  }

  private PackCompaction compaction() {
    return new PackCompaction(chunks, OptionalInt.of(LEVEL));
  }

  private ChunkedWriter written(int nar) throws IOException {
    ChunkedWriter writer = chunks.begin();
    writer.write(nars.get(nar), 0, nars.get(nar).length);
    writer.finish();
    return writer;
  }

  private void publish(int nar, ChunkedWriter writer) throws Exception {
    NarId id = id(nars.get(nar));
    chunked.publish(
        id,
        writer,
        again -> {
          again.write(nars.get(nar), 0, nars.get(nar).length);
          again.finish();
        });
    expected.put(nar, id);
  }

  private Representation form(NarId id) throws IOException {
    return database
        .findNar(id.hash())
        .flatMap(found -> found.find(Form.CHUNKED, Compression.NONE))
        .orElseThrow();
  }

  private ChunkedManifest open(NarId id) throws IOException {
    return stored.openChunked(id, form(id));
  }

  /** A reader of a NAR that was dropped meanwhile may fail, but must not get wrong bytes. */
  private void finish(Reader reader) throws IOException {
    byte[] nar = nars.get(reader.nar());
    try (InputStream in = reader.in()) {
      byte[] rest = in.readAllBytes();
      assertArrayEquals(Arrays.copyOf(nar, 1000), reader.begin());
      assertArrayEquals(Arrays.copyOfRange(nar, 1000, nar.length), rest);
    } catch (IOException broken) {
      assertEquals(Optional.empty(), droppedSince(reader), () -> "broken " + broken);
    }
  }

  /** Empty if the reader's NAR was dropped while it read, so that its stream may break. */
  private Optional<NarId> droppedSince(Reader reader) {
    return dropped.contains(reader.in())
        ? Optional.empty()
        : Optional.ofNullable(expected.get(reader.nar()));
  }

  private final Set<InputStream> dropped = Collections.newSetFromMap(new IdentityHashMap<>());

  private void drop(int nar) throws IOException {
    NarId id = expected.remove(nar);
    if (id != null) {
      readers.stream().filter(one -> one.nar() == nar).forEach(one -> dropped.add(one.in()));
      stored.drop(id.hash(), database.findNar(id.hash()).orElseThrow().representations().get(0));
    }
  }

  private <T> void runDue(Chore<T> chore) throws IOException {
    for (T item : chore.find(Optional.empty(), 100)) {
      chore.run(item);
    }
  }

  private void restart() throws IOException {
    for (Reader reader : readers) {
      reader.in().close();
    }
    readers.clear();
    for (Open open : writers) {
      open.writer().close();
    }
    writers.clear();
    Thread.interrupted(); // a killed process was, not the next one
    database.close();
    open();
  }

  void quiesce() throws Exception {
    process = new KillSwitch();
    restart();
    for (int i = 0; i < 6; i++) {
      now = now.plus(Duration.ofHours(1));
      runDue(collect);
      runDue(new DeleteGarbage(database, blobs, () -> now));
    }
    InstantSource later = () -> Instant.now().plus(FindUnnamedBlobs.GRACE).plusSeconds(1);
    runDue(new FindUnnamedBlobs(database, blobs, later));
    runDue(new DeleteGarbage(database, blobs, () -> later.instant().plus(GarbageTable.GRACE)));
  }

  void check() throws IOException {
    for (Map.Entry<Integer, NarId> nar : expected.entrySet()) {
      try (InputStream in = open(nar.getValue()).open(0)) {
        assertArrayEquals(nars.get(nar.getKey()), in.readAllBytes());
      }
      checkFrames(nar.getValue());
    }
  }

  /** The frames are the same as ever, and those that were announced. */
  private void checkFrames(NarId id) throws IOException {
    byte[] now;
    try (InputStream in = open(id).openFrames(0)) {
      now = in.readAllBytes();
    }
    assertArrayEquals(frames.computeIfAbsent(id, first -> now), now);
    Sha256 announced = form(id).framesHash();
    assertTrue(announced == null || announced.equals(Sha256.of(Sha256.newDigest().digest(now))));
  }

  /** The packs without any chunk that a stored NAR refers to. */
  Set<String> unneeded() throws IOException {
    Set<String> packs = new TreeSet<>(memory.keys());
    packs.removeIf(key -> !key.startsWith("pack/")); // such as the mark of the database
    for (NarId id : expected.values()) {
      var part = database.chunks().findPart(id.hash(), 0).orElseThrow();
      long end = id.sizeBytes();
      for (long at = 0; at < end; at += part.length()) {
        part = database.chunks().findPart(id.hash(), at).orElseThrow();
        database.chunks().places(part.numbers()).forEach(place -> packs.remove(place.pack()));
      }
    }
    return packs;
  }

  private static NarId id(byte[] nar) throws Exception {
    return new NarId(Sha256.of(MessageDigest.getInstance("SHA-256").digest(nar)), nar.length);
  }

  @Override
  public void close() throws IOException {
    for (Open open : writers) {
      open.writer().close();
    }
    database.close();
    threads.shutdownNow();
    FileTrees.delete(folder);
  }
}
