package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import narthex.chunk.ChunkedWriter;
import narthex.chunk.PackCompaction;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.ingest.CdcMode;
import narthex.maintain.CollectChunks.Step;
import narthex.nix.Compression;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Collection of chunks that no NAR refers to, and compaction of packs. */
class CollectionTest extends StoreFixture {
  private static final Duration PERIOD = Duration.ofHours(1);
  private static final int FILE = 100_000;

  private CollectionRounds rounds;
  private CollectChunks collect;
  private CompactPacks compact;
  private Chores chores;

  @BeforeEach
  void open() {
    rounds = new CollectionRounds(database, chunks.writers(), "alone", () -> now);
    collect = new CollectChunks(database, rounds, PERIOD, () -> now, 1 << 8);
    compact = compact(0.5);
    chores = chores(collect, compact, new DeleteGarbage(database, blobs, () -> now));
  }

  private CompactPacks compact(double below) {
    PackCompaction compaction = new PackCompaction(chunks, OptionalInt.empty());
    return new CompactPacks(database, compaction, below, () -> false, () -> now);
  }

  /** Stores a NAR with some files of some content; equal numbers give equal files. */
  private NarFixture put(int... files) throws IOException {
    NarFixture nar = nar(files);
    put(nar, CdcMode.EAGER);
    return nar;
  }

  private static NarFixture nar(int... files) {
    var entries = new TreeMap<String, NarTree>();
    for (int file : files) {
      entries.put("file" + file, NarTree.random(file, FILE));
    }
    return NarFixture.of("nar", NarTree.directory(entries), Compression.XZ);
  }

  private void drop(NarFixture nar) throws IOException {
    stored.drop(nar.id().hash(), chunked(nar));
  }

  private Representation chunked(NarFixture nar) throws IOException {
    return find(nar).flatMap(found -> found.find(Form.CHUNKED, Compression.NONE)).orElseThrow();
  }

  private Optional<StoredNar> find(NarFixture nar) throws IOException {
    return database.findNar(nar.id().hash());
  }

  private InputStream read(NarFixture nar) throws IOException {
    return stored.openChunked(nar.id(), chunked(nar)).open(0);
  }

  private void assertReadable(NarFixture nar) throws IOException {
    try (InputStream in = read(nar)) {
      assertArrayEquals(nar.nar(), in.readAllBytes());
    }
  }

  /** Runs one whole round, and deletes garbage. */
  private void collect() {
    pass(PERIOD);
    for (int i = 0; i < 3; i++) {
      chores.wake();
      pass(Duration.ofMinutes(1));
    }
    chores.wake();
  }

  private Set<String> packs() {
    Set<String> packs = new TreeSet<>(memory.keys());
    packs.removeIf(key -> !key.startsWith("pack/"));
    return packs;
  }

  @Test
  void chunksOfADroppedNarGoWithTheirPacks() throws Exception {
    NarFixture gone = put(1, 2);
    NarFixture kept = put(3);
    drop(gone);

    collect();

    assertReadable(kept);
    assertEquals(Set.of(), database.garbage().findUnnamed(packs()));
    assertTrue(bytes() < 2 * FILE, () -> "bytes " + bytes());
  }

  private long bytes() {
    return memory.keys().stream().mapToLong(key -> memory.find(key).orElseThrow()).sum();
  }

  @Test
  void aChunkThatAnotherNarSharesStays() throws Exception {
    NarFixture gone = put(1, 2);
    NarFixture kept = put(2, 3);
    drop(gone);

    collect();

    assertReadable(kept);
    assertTrue(bytes() < 3 * FILE, () -> "bytes " + bytes());
  }

  @Test
  void nothingIsRemovedWhileEveryChunkIsReferredTo() throws Exception {
    NarFixture nar = put(1, 2, 3);
    Set<String> before = packs();

    collect();

    assertEquals(before, packs());
    assertReadable(nar);
  }

  @Test
  void chunksThatANarRefersToAgainBeforeTheyAreRemovedStay() throws Exception {
    NarFixture nar = put(1, 2);
    drop(nar);
    assertTrue(collect.run(Step.MARK));

    put(nar, CdcMode.EAGER);
    assertReadable(nar);

    assertFalse(collect.run(Step.REMOVE));
    assertReadable(nar);
  }

  @Test
  void aMarkedChunkIsNotOfferedToNewNars() throws Exception {
    NarFixture nar = put(1);
    Set<String> before = packs();
    drop(nar);
    collect.run(Step.MARK);

    try (ChunkedWriter writer = chunks.begin()) {
      writer.write(nar.nar(), 0, nar.nar().length);
      writer.finish();
      assertNotEquals(before, packs());
    }
  }

  @Test
  void chunksOfANarThatIsBeingStoredAreKept() throws Exception {
    NarFixture nar = nar(1, 2);
    try (ChunkedWriter writer = chunks.begin()) {
      writer.write(nar.nar(), 0, nar.nar().length);
      writer.finish();
      collect();
      assertTrue(database.collection().state().isPending());

      assertTrue(writer.store(nar.id(), now));
    }
    collect();

    assertReadable(nar);
    assertFalse(database.collection().state().isPending());
  }

  @Test
  void chunksThatANarFoundBeforeTheyWereMarkedAreKept() throws Exception {
    NarFixture gone = put(1, 2);
    NarFixture nar = nar(2, 3);
    try (ChunkedWriter writer = chunks.begin()) {
      writer.write(nar.nar(), 0, nar.nar().length);
      writer.finish();
      drop(gone);
      collect();

      assertTrue(writer.store(nar.id(), now));
    }
    collect();

    assertReadable(nar);
  }

  @Test
  void chunksOfANarThatFailedAreCollected() throws Exception {
    NarFixture nar = nar(1, 2);
    try (ChunkedWriter writer = chunks.begin()) {
      writer.write(nar.nar(), 0, nar.nar().length);
      writer.finish();
    }
    assertNotEquals(Set.of(), packs());

    collect();

    assertEquals(Set.of(), packs());
  }

  @Test
  void theRemovalWaitsForEveryReplicaUntilItIsSilent() throws Exception {
    drop(put(1));
    collectBeside(0, Duration.ZERO);
    assertNotEquals(Set.of(), packs());
    collectBeside(1, Duration.ZERO);
    assertEquals(Set.of(), packs());

    drop(put(2));
    collectBeside(1, Duration.ZERO);
    assertNotEquals(Set.of(), packs());
    pass(CollectionRounds.SILENCE);
    collect();
    assertEquals(Set.of(), packs());
  }

  /** Runs a round while another replica, whose clock is wrong, records that it passed a round. */
  private void collectBeside(long passed, Duration ahead) throws IOException {
    pass(PERIOD);
    for (int i = 0; i < 8; i++) {
      database.collection().pass("other", passed, now.plus(ahead));
      chores.wake();
      pass(Duration.ofMinutes(1));
    }
  }

  @Test
  void aReplicaThatHasJustStartedKnowsSinceWhenAnotherOneIsSilent() throws Exception {
    drop(put(1));
    collectBeside(0, Duration.ZERO);
    for (int restart = 0; restart < 2; restart++) {
      pass(Duration.ofMinutes(3));
      open();
      chores.wake();
      pass(CollectionRounds.LOOK);
      chores.wake();
    }
    pass(Duration.ofMinutes(1));
    chores.wake();
    assertEquals(Set.of(), packs());
  }

  @Test
  void theRemovalWaitsForAReplicaThatRunsWhateverItsClockSays() throws Exception {
    drop(put(1));
    collectBeside(0, Duration.ofHours(-1));
    assertNotEquals(Set.of(), packs());
    collectBeside(0, Duration.ofHours(2));
    assertNotEquals(Set.of(), packs());
    pass(CollectionRounds.SILENCE);
    collect();
    assertEquals(Set.of(), packs());
  }

  @Test
  void aRoundThatIsWantedBeginsAtOnce() throws Exception {
    collect();
    drop(put(1));
    chores.wake();
    assertFalse(database.collection().state().isPending());

    database.collection().want();
    chores.wake();
    chores.wake();
    pass(Duration.ofMinutes(1));
    chores.wake();

    assertEquals(Set.of(), packs());
  }

  @Test
  void aReaderOfACompactedPackGoesOnWithTheNewOne() throws Exception {
    NarFixture gone = put(1, 2, 3, 4, 5, 6);
    NarFixture kept = put(2, 5);
    Set<String> before = packs();
    try (InputStream reader = read(kept)) {
      byte[] begin = reader.readNBytes(1000);
      drop(gone);
      collect();
      Set<String> left = packs();
      left.retainAll(before);
      assertTrue(left.size() < before.size());

      byte[] rest = reader.readAllBytes();

      assertEquals(kept.nar().length, begin.length + rest.length);
      assertReadable(kept);
    }
  }

  @Test
  void aWriterWhoseFoundChunksAreMovedGoesOn() throws Exception {
    NarFixture gone = put(1, 2, 3);
    NarFixture kept = put(2);
    NarFixture nar = nar(2, 4);
    drop(gone);
    collect.run(Step.MARK);
    collect.run(Step.REMOVE);
    try (ChunkedWriter writer = chunks.begin()) {
      writer.write(nar.nar(), 0, nar.nar().length);
      writer.finish();
      chores.wake();
      pass(Duration.ofMinutes(1));
      chores.wake();

      byte[] expected = Arrays.copyOf(nar.nar(), nar.nar().length - 1); // the last is withheld
      try (InputStream in = writer.manifest().open(0)) {
        assertArrayEquals(expected, in.readNBytes(expected.length));
      }
      assertTrue(writer.store(nar.id(), now));
    }
    assertReadable(nar);
    assertReadable(kept);
  }

  @Test
  void aDamagedFrameIsNotCopied() throws Exception {
    NarFixture gone = put(1, 2, 3);
    NarFixture kept = put(2);
    drop(gone);
    collect.run(Step.MARK);
    collect.run(Step.REMOVE);
    List<String> sparse = database.collection().findSparse(Optional.empty(), 100);
    assertNotEquals(List.of(), sparse);
    var place = database.collection().findUsedInPack(sparse.get(0)).get(0);
    blobs.flipByte(place.pack(), place.offset() + place.storedLength() / 2);

    compact(1).run(place.pack());

    assertTrue(database.chunks().find(Set.of(place.hash())).isEmpty());
    put(kept, CdcMode.EAGER);
    assertEquals(1, find(kept).orElseThrow().representations().size());
  }
}
