package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import narthex.blob.BlobStore;
import narthex.blob.FaultyBlobStore;
import narthex.blob.PassingBlobStore;
import narthex.chunk.ChunkStore;
import narthex.chunk.ChunkedWriter;
import narthex.chunk.PackCompaction;
import narthex.db.ChunkGroup;
import narthex.db.ChunkPlace;
import narthex.maintain.CollectChunks.Step;
import narthex.testing.NarFixture;
import narthex.testing.Soon;
import narthex.testing.StoredChunks;
import narthex.testing.StoredChunks.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Packs that are compacted are compressed again on the way if the server is idle. */
@Timeout(60)
class RecompressingCompactionTest extends RepackFixture {
  /** Faster than the usual level, for much. */
  private static final int LOW_LEVEL = 5;

  private void drop(NarFixture nar) throws IOException {
    stored.drop(nar.id().hash(), form(nar));
    collect.run(Step.MARK);
    collect.run(Step.REMOVE);
  }

  private String sparsePack() throws IOException {
    return database.collection().findSparse(Optional.empty(), 100).get(0);
  }

  /** Returns a NAR most of which is in a pack that is sparse because another NAR was dropped. */
  private NarFixture inSparsePack() throws IOException {
    NarFixture gone = put(1, 2, 3, 4, 5, 6);
    NarFixture kept = put(3, 4);
    drop(gone);
    return kept;
  }

  private Set<ChunkPlace> inPack(String pack) throws IOException {
    return new HashSet<>(database.collection().findUsedInPack(pack));
  }

  private String newPack(Set<String> before) {
    Set<String> added = packs();
    added.removeAll(before);
    assertEquals(1, added.size());
    return added.iterator().next();
  }

  private List<String> candidates() throws IOException {
    return repack.find(Optional.empty(), 100).stream().map(found -> found.pack()).toList();
  }

  @Test
  void aSparsePackIsCompressedAgainWhileItIsCompacted() throws Exception {
    NarFixture kept = inSparsePack();
    byte[] frames = frames(kept);
    Set<String> before = packs();

    assertTrue(compact.run(sparsePack()));

    String pack = newPack(before);
    assertTrue(inPack(pack).stream().allMatch(place -> place.group() != null));
    assertEquals(List.of(), candidates().stream().filter(pack::equals).toList());
    assertReadable(kept);
    assertArrayEquals(frames, frames(kept));
  }

  @Test
  void aSparsePackIsLeftToTheCompaction() throws Exception {
    inSparsePack();

    String sparse = sparsePack();

    assertEquals(List.of(), candidates().stream().filter(sparse::equals).toList());
    compact(0).run(sparse); // it isn't sparse enough
    assertEquals(List.of(sparse), candidates().stream().filter(sparse::equals).toList());
  }

  @Test
  void framesAreCopiedWhileClientsAreServedAndCompressedLater() throws Exception {
    NarFixture kept = inSparsePack();
    Set<String> before = packs();
    isIdle = false;

    assertTrue(compact.run(sparsePack()));

    String pack = newPack(before);
    assertTrue(inPack(pack).stream().allMatch(place -> place.group() == null));
    assertReadable(kept);
    isIdle = true;
    assertTrue(candidates().contains(pack));
  }

  @Test
  void aRequestEndsTheCompressionAndTheOtherFramesAreCopied() throws Exception {
    NarFixture kept = inSparsePack();
    Set<String> before = packs();
    AtomicInteger asked = new AtomicInteger();
    CompactPacks interrupted =
        new CompactPacks(database, compaction, 0.5, () -> asked.incrementAndGet() < 4, () -> now);

    assertTrue(interrupted.run(sparsePack()));

    String pack = newPack(before);
    assertTrue(inPack(pack).stream().anyMatch(place -> place.group() == null));
    assertReadable(kept);
    assertTrue(candidates().contains(pack));
  }

  @Test
  void aPackThatCouldNotBeCompactedIsStillListedAsSparse() throws Exception {
    NarFixture kept = inSparsePack();
    String sparse = sparsePack();
    blobs.fail(FaultyBlobStore.Step.COMMIT, 1);

    assertThrows(IOException.class, () -> compact.run(sparse));

    assertEquals(sparse, sparsePack());
    assertTrue(compact.run(sparse));
    assertNotEquals(List.of(sparse), database.collection().findSparse(Optional.empty(), 1));
    assertReadable(kept);
  }

  /** A store that no background work may read through. */
  private static final class ClientsOnly extends PassingBlobStore {
    ClientsOnly(BlobStore store) {
      super(store);
    }

    @Override
    public InputStream open(String key, long from, long length) {
      throw new AssertionError("read through a cache: " + key);
    }

    @Override
    public BlobStore direct() {
      return store;
    }
  }

  @Test
  void packsAreReadFromWhereTheyAreStored() throws Exception {
    NarFixture kept = inSparsePack();
    ChunkStore cached = StoredChunks.ofUsualSizes(new ClientsOnly(blobs), database, Runnable::run);
    compaction = new PackCompaction(cached, OptionalInt.of(LOW_LEVEL));

    assertTrue(compact(0.5).run(sparsePack()));

    assertReadable(kept);
  }

  @Test
  void onDemandFramesAreCopied() throws Exception {
    NarFixture kept = inSparsePack();
    Set<String> before = packs();

    assertTrue(compact.runNow(Progress.SILENT) > 0);

    assertTrue(inPack(newPack(before)).stream().allMatch(place -> place.group() == null));
    assertReadable(kept);
  }

  @Test
  void aCompactionOnDemandDoesNotWaitUntilAPackIsCompressed() throws Exception {
    put(1, 2, 3);
    Set<String> before = packs();
    String pack = candidates().get(0);
    compaction.lock().lock();
    Thread waiting = new Thread(this::takeTurn);
    waiting.start();
    Soon.await("the lock is awaited").until(() -> compaction.lock().hasQueuedThread(waiting));

    OptionalLong gain = compaction.compress(pack, () -> true, now);

    compaction.lock().unlock();
    waiting.join();
    assertEquals(OptionalLong.empty(), gain);
    assertEquals(before, packs());
    assertTrue(candidates().contains(pack));
  }

  @Test
  void aSparsePackIsNotPassedOverWhileAnotherPackIsCompressedAgain() throws Exception {
    NarFixture kept = inSparsePack();
    String sparse = sparsePack();
    FutureTask<Boolean> compacting = new FutureTask<>(() -> compact.run(sparse));
    compaction.lock().lock();
    Thread waiting = new Thread(compacting);
    waiting.start();
    Soon.await("the lock is awaited")
        .until(() -> !waiting.isAlive() || compaction.lock().hasQueuedThread(waiting));

    compaction.lock().unlock();

    assertTrue(compacting.get());
    assertReadable(kept);
  }

  private void takeTurn() {
    compaction.lock().lock();
    compaction.lock().unlock();
  }

  @Test
  void wholeGroupsOfADensePackAreCopied() throws Exception {
    ExecutorService packers = Executors.newCachedThreadPool();
    ChunkStore large =
        new ChunkStore(
            blobs,
            database,
            new ChunkStore.Policy(Shape.usual().sizes(), 8L << 20, ChunkStore.OtherSizes.REFUSED),
            packers);
    compaction = new PackCompaction(large, OptionalInt.of(LOW_LEVEL));
    NarFixture gone = write(large, IntStream.range(100, 116).toArray());
    NarFixture kept = write(large, IntStream.range(100, 113).toArray());
    packers.shutdown();
    chores(new RepackPacks(database, compaction, () -> true, () -> now)).wake();
    drop(gone);
    String sparse = sparsePack();
    Set<ChunkGroup> whole = wholeGroups(sparse);
    assertNotEquals(Set.of(), whole);
    Set<String> before = packs();
    isIdle = false;

    assertTrue(compact(1).run(sparse));

    assertTrue(wholeGroups(newPack(before)).containsAll(whole));
    assertReadable(kept);
  }

  /** Stores a NAR that is longer than an upload may be. */
  private NarFixture write(ChunkStore store, int... files) throws IOException {
    NarFixture nar = nar(files);
    try (ChunkedWriter writer = store.begin()) {
      writer.write(nar.nar(), 0, nar.nar().length);
      writer.finish();
      assertTrue(writer.store(nar.id(), now));
    }
    return nar;
  }

  /** Returns the groups of a pack all of whose chunks are used, without a position. */
  private Set<ChunkGroup> wholeGroups(String pack) throws IOException {
    Set<ChunkGroup> whole = new HashSet<>();
    Set<ChunkPlace> places = inPack(pack);
    for (ChunkPlace place : places) {
      ChunkGroup group = place.group();
      long used =
          places.stream()
              .filter(other -> other.isTogetherWith(place))
              .mapToLong(ChunkPlace::length)
              .sum();
      if (group != null && used == group.length()) {
        whole.add(new ChunkGroup(group.storedLength(), group.length(), group.crc(), 0));
      }
    }
    return whole;
  }

  @Test
  void aReaderGoesOnWhileItsSparsePackIsCompressedAgain() throws Exception {
    NarFixture kept = inSparsePack();
    byte[] frames = frames(kept);
    try (InputStream decoded = open(kept).open(0);
        InputStream encoded = open(kept).openFrames(0)) {
      byte[] begin = decoded.readNBytes(FEW);
      byte[] beginOfFrames = encoded.readNBytes(FEW);
      String old = sparsePack();
      idleFor(Duration.ofMinutes(1));
      idleFor(Duration.ofMinutes(1));
      assertTrue(!packs().contains(old));

      assertArrayEquals(Arrays.copyOf(kept.nar(), FEW), begin);
      assertArrayEquals(
          Arrays.copyOfRange(kept.nar(), FEW, kept.nar().length), decoded.readAllBytes());
      assertArrayEquals(Arrays.copyOf(frames, FEW), beginOfFrames);
      assertArrayEquals(Arrays.copyOfRange(frames, FEW, frames.length), encoded.readAllBytes());
    }
    assertTrue(places(kept).stream().map(ChunkPlace::group).allMatch(Objects::nonNull));
  }
}
