package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import narthex.blob.BlobSink;
import narthex.chunk.ChunkedWriter;
import narthex.chunk.PackCompaction;
import narthex.db.Form;
import narthex.db.GarbageTable;
import narthex.db.Representation;
import narthex.ingest.CdcMode;
import narthex.maintain.WholeCollection.Collected;
import narthex.maintain.WholeCollection.Counted;
import narthex.nix.Compression;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Collection on demand. */
class WholeCollectionTest extends StoreFixture {
  private static final Duration SWEEP_GRACE = Duration.ofDays(3650);
  private static final int FILE = 100_000;

  private WholeCollection collection;
  private CollectChunks collectChunks;
  private int pauses;
  private IOAction atPause = () -> {};

  /** Something that the test does while the collection waits. */
  private interface IOAction {
    void run() throws IOException;
  }

  @BeforeEach
  void open() {
    CollectionRounds rounds = new CollectionRounds(database, chunks.writers(), "alone", () -> now);
    collectChunks = new CollectChunks(database, rounds, Duration.ofHours(1), () -> now);
    collection =
        new WholeCollection(
            database,
            blobs,
            new WholeCollection.Steps(
                new SweepNars(
                    database,
                    new Deletion(database, stored, new Pins(database, () -> now), () -> now),
                    SWEEP_GRACE,
                    () -> now),
                collectChunks,
                new CompactPacks(
                    database,
                    new PackCompaction(chunks, OptionalInt.empty()),
                    0.5,
                    () -> false,
                    () -> now)),
            () -> now,
            () -> {
              pauses++;
              pass(Duration.ofSeconds(1));
              atPause.run();
            });
  }

  private static NarFixture nar(int... files) {
    var entries = new TreeMap<String, NarTree>();
    for (int file : files) {
      entries.put("file" + file, NarTree.random(file, FILE));
    }
    return NarFixture.of("nar", NarTree.directory(entries), Compression.XZ);
  }

  private NarFixture put(int... files) throws IOException {
    NarFixture nar = nar(files);
    put(nar, CdcMode.EAGER);
    return nar;
  }

  private Representation chunks(NarFixture nar) throws IOException {
    return database
        .findNar(nar.id().hash())
        .flatMap(found -> found.find(Form.CHUNKED, Compression.NONE))
        .orElseThrow();
  }

  private void assertReadable(NarFixture nar) throws IOException {
    try (InputStream in = stored.openChunked(nar.id(), chunks(nar)).open(0)) {
      assertArrayEquals(nar.nar(), in.readAllBytes());
    }
  }

  private void write(String key) throws IOException {
    try (BlobSink sink = blobs.create(key)) {
      sink.write(new byte[] {1, 2, 3}, 0, 3);
      sink.commit();
    }
  }

  @Test
  void whatNothingRefersToIsGoneInOneGo() throws Exception {
    NarFixture gone = put(1, 2);
    NarFixture half = put(2, 3, 4, 5, 6, 7, 8, 9);
    NarFixture kept = put(9);
    write("pack/stray");
    pass(FindUnnamedBlobs.GRACE.plusSeconds(5));
    stored.drop(gone.id().hash(), chunks(gone));
    stored.drop(half.id().hash(), chunks(half));
    long before = keys().size();

    Collected collected = collection.run(Progress.SILENT);

    assertTrue(collected.isFinished());
    assertEquals(1, collected.unnamedBlobs());
    assertTrue(collected.removedChunks() > 8, collected.toString());
    assertTrue(collected.compactedBytes() > 0, collected.toString());
    assertTrue(collected.freedBytes() > 7 * FILE, collected.toString());
    assertEquals(before - collected.deletedBlobs() + 1, keys().size(), "and a new pack");
    assertEquals(Set.of(), database.garbage().findUnnamed(keys()));
    assertReadable(kept);
    Collected nothing = collection.run(Progress.SILENT);
    assertEquals(new Collected(0, 0, 0, 0, 0, 0, true), nothing);
  }

  @Test
  void blobsAreKeptForTheirReadersAndYoungOnesForTheirWriters() throws Exception {
    NarFixture gone = put(1);
    Set<String> packs = new TreeSet<>(keys());
    stored.drop(gone.id().hash(), chunks(gone));
    write("pack/young");
    Duration[] waited = {Duration.ZERO};
    atPause =
        () -> {
          waited[0] = waited[0].plusSeconds(1);
          assertTrue(
              memory.keys().containsAll(packs) || waited[0].compareTo(GarbageTable.GRACE) >= 0);
        };

    collection.run(Progress.SILENT);

    assertEquals(Set.of("pack/young"), keys());
    assertTrue(waited[0].compareTo(GarbageTable.GRACE) >= 0, waited[0].toString());
  }

  @Test
  void aNarThatIsBeingStoredKeepsItsChunks() throws Exception {
    NarFixture nar = nar(1, 2);
    ChunkedWriter writer = chunks.begin();
    writer.write(nar.nar(), 0, nar.nar().length);
    writer.finish();
    atPause =
        () -> {
          if (pauses == 5) {
            assertTrue(writer.store(nar.id(), now));
            writer.close();
          }
        };

    Collected collected = collection.run(Progress.SILENT);

    assertTrue(pauses >= 5, "it waits for the writer");
    assertEquals(0, collected.removedChunks());
    assertReadable(nar);
  }

  @Test
  void aRoundThatIsPendingIsFinishedFirst() throws Exception {
    NarFixture first = put(1);
    stored.drop(first.id().hash(), chunks(first));
    assertTrue(collectChunks.run(CollectChunks.Step.MARK));
    NarFixture second = put(2);
    stored.drop(second.id().hash(), chunks(second));

    collection.run(Progress.SILENT);

    assertEquals(Set.of(), keys());
    assertFalse(database.collection().state().isPending());
  }

  @Test
  void aCollectionThatIsStoppedLeavesTheRestToTheNext() throws Exception {
    NarFixture nar = nar(1, 2);
    Stopping stopping = new Stopping();
    atPause = () -> stopping.isStopped = true;
    try (ChunkedWriter writer = chunks.begin()) {
      writer.write(nar.nar(), 0, nar.nar().length);
      writer.finish();

      assertFalse(collection.run(stopping).isFinished());
    }
    atPause = () -> {};

    assertTrue(collection.run(Progress.SILENT).isFinished());
    assertEquals(Set.of(), keys());
  }

  /** Stops when it is told to. */
  private static final class Stopping implements Progress {
    boolean isStopped;

    @Override
    public void at(String step, long done, long total) {
      // not shown
    }

    @Override
    public void tell(String line) {
      // not shown
    }

    @Override
    public boolean isStopped() {
      return isStopped;
    }
  }

  @Test
  void countingChangesNothing() throws Exception {
    NarFixture gone = put(1, 2);
    NarFixture kept = put(2, 3);
    write("pack/stray");
    pass(FindUnnamedBlobs.GRACE.plusSeconds(5));
    stored.drop(gone.id().hash(), chunks(gone));
    Set<String> before = new TreeSet<>(keys());
    JobResult result =
        new CollectJob(collection)
            .prepare(new JobOptions(Map.of("dry-run", "")))
            .run(Progress.SILENT);

    Counted counted = collection.count(Progress.SILENT);

    assertEquals(1, counted.unnamedBlobs());
    assertEquals(3, counted.unnamedBytes());
    assertTrue(counted.unusedChunks() > 0);
    assertTrue(counted.unusedChunkBytes() > FILE / 2, counted.toString());
    assertEquals(counted.unusedChunks(), result.figures().get("unusedChunks"));
    assertEquals(before, keys());
    assertEquals(0, database.collection().state().round());
    assertEquals(
        Optional.empty(), database.garbage().findDue(now, Optional.empty(), 1).stream().findAny());
    assertReadable(kept);
  }
}
