package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import narthex.chunk.ChunkedManifest;
import narthex.chunk.PackCompaction;
import narthex.db.ChunkPlace;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import org.junit.jupiter.api.BeforeEach;

/** A store whose packs are compressed again while the server is idle. */
abstract class RepackFixture extends StoreFixture {
  static final int LEVEL = 19;

  /** Long enough that the frames of three files are not kept in memory. */
  static final int FILE = 100_000;

  static final int WORDS = 3_000;
  static final int FEW = 1_000;

  boolean isIdle = true;
  PackCompaction compaction;
  RepackPacks repack;
  CollectChunks collect;
  CompactPacks compact;
  Chores chores;

  @BeforeEach
  final void open() {
    compaction = new PackCompaction(chunks, OptionalInt.of(LEVEL));
    repack = new RepackPacks(database, compaction, () -> isIdle, () -> now);
    compact = compact(0.5);
    collect =
        new CollectChunks(
            database,
            new CollectionRounds(database, chunks.writers(), "alone", () -> now),
            Duration.ofHours(1),
            () -> now);
    chores = chores(repack, collect, compact, new DeleteGarbage(database, blobs, () -> now));
  }

  final CompactPacks compact(double below) {
    return new CompactPacks(database, compaction, below, () -> isIdle, () -> now);
  }

  NarFixture put(int... files) throws IOException {
    NarFixture nar = nar(files);
    put(nar, CdcMode.EAGER);
    return nar;
  }

  static NarFixture nar(int... files) {
    var entries = new TreeMap<String, NarTree>();
    for (int file : files) {
      entries.put("file" + file, NarTree.file(text(file)));
    }
    return NarFixture.of("nar", NarTree.directory(entries), Compression.XZ);
  }

  /** Words of one language for all seeds, so that longer frames are smaller. */
  static String text(int seed) {
    Random language = new Random(0);
    List<String> words =
        language
            .ints(WORDS)
            .mapToObj(word -> Integer.toString(word & 0xffffff, Character.MAX_RADIX))
            .toList();
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    while (text.length() < FILE) {
      text.append(words.get(random.nextInt(words.size()))).append(' ');
    }
    return text.toString();
  }

  Representation form(NarFixture nar) throws IOException {
    return database
        .findNar(nar.id().hash())
        .flatMap(found -> found.find(Form.CHUNKED, Compression.NONE))
        .orElseThrow();
  }

  ChunkedManifest open(NarFixture nar) throws IOException {
    return stored.openChunked(nar.id(), form(nar));
  }

  void assertReadable(NarFixture nar) throws IOException {
    try (InputStream in = open(nar).open(0)) {
      assertArrayEquals(nar.nar(), in.readAllBytes());
    }
  }

  byte[] frames(NarFixture nar) throws IOException {
    try (InputStream in = open(nar).openFrames(0)) {
      return in.readAllBytes();
    }
  }

  Set<String> packs() {
    return memory.keys().stream()
        .filter(key -> key.startsWith("pack/"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  long bytes() {
    return packs().stream().mapToLong(key -> memory.find(key).orElseThrow()).sum();
  }

  void idleFor(Duration time) {
    chores.wake();
    pass(time);
    chores.wake();
  }

  List<ChunkPlace> places(NarFixture nar) throws IOException {
    var part = database.chunks().findPart(nar.id().hash(), 0).orElseThrow();
    return database.chunks().places(part.numbers());
  }
}
