package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.file;
import static narthex.db.Rows.hash;
import static narthex.db.Rows.nar;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import org.junit.jupiter.api.Test;

/** The contract of {@link ChunkingQueue}, tested with each database. */
interface ChunkingQueueContract {
  Instant AFTER_NOON = NOON.plusMillis(1);

  /** The database under test, which is empty. */
  Database database();

  default List<Sha256> unchunked() throws Exception {
    return database().chunkingQueue().findUnchunked(Optional.empty(), 100);
  }

  default List<Sha256> unhashed() throws Exception {
    return database().chunkingQueue().findUnhashed(Optional.empty(), 100);
  }

  default List<Sha256> superseded(Instant before) throws Exception {
    return database().chunkingQueue().findSuperseded(before, Optional.empty(), 100);
  }

  default void storeWhole(int nar, Compression compression) throws Exception {
    assertTrue(database().storeRepresentation(nar(nar), file(compression, nar + 100), NOON));
  }

  /** Stores a NAR as one chunk with these contents. */
  default List<ChunkPlace> storeChunked(int nar, int contents, String pack) throws Exception {
    long number = database().chunks().takeNumbers(1);
    List<ChunkPlace> chunks = List.of(ChunkContract.chunk(number, contents, pack));
    assertTrue(
        database()
            .storeChunked(
                nar(nar),
                chunks,
                ChunkContract.parts(chunks, 1000),
                ChunkContract.chunked(nar, chunks),
                NOON));
    return chunks;
  }

  default Representation chunkedOf(int nar) throws Exception {
    return database()
        .findNar(hash(nar))
        .flatMap(found -> found.find(Form.CHUNKED, Compression.NONE))
        .orElseThrow();
  }

  default void dropChunked(int nar) throws Exception {
    assertTrue(database().deleteRepresentation(hash(nar), chunkedOf(nar), NOON));
  }

  @Test
  default void whatIsStoredWholeOnlyWaitsToBeChunkedOnceHoweverManyFilesThereAre()
      throws Exception {
    storeWhole(1, Compression.XZ);
    storeWhole(1, Compression.ZSTD);
    storeWhole(2, Compression.NONE);
    storeChunked(3, 3, "pack/a");

    assertEquals(sorted(hash(1), hash(2)), unchunked());
    assertEquals(2, database().chunkingQueue().countUnchunked());

    storeChunked(1, 1, "pack/b");

    assertEquals(List.of(hash(2)), unchunked());
    assertEquals(1, database().chunkingQueue().countUnchunked());
  }

  @Test
  default void whoAsksForThoseAfterTheLastOneComesToAll() throws Exception {
    for (int i = 1; i <= 5; i++) {
      storeWhole(i, Compression.XZ);
    }
    List<Sha256> all = unchunked();
    assertEquals(5, all.size());

    ChunkingQueue queue = database().chunkingQueue();
    assertEquals(all.subList(0, 2), queue.findUnchunked(Optional.empty(), 2));
    assertEquals(all.subList(2, 4), queue.findUnchunked(Optional.of(all.get(1)), 2));
    assertEquals(all.subList(4, 5), queue.findUnchunked(Optional.of(all.get(3)), 2));
    assertEquals(List.of(), queue.findUnchunked(Optional.of(all.get(4)), 2));
  }

  @Test
  default void aWholeFileIsSupersededWhenThereAreChunksWhicheverCameFirst() throws Exception {
    storeWhole(1, Compression.XZ);
    storeChunked(1, 1, "pack/a");
    storeChunked(2, 2, "pack/b");
    storeWhole(2, Compression.XZ);
    storeWhole(3, Compression.XZ);
    storeChunked(4, 4, "pack/c");

    assertEquals(List.of(), superseded(NOON));
    assertEquals(sorted(hash(1), hash(2)), superseded(AFTER_NOON));
    assertEquals(List.of(hash(3)), unchunked());
  }

  @Test
  default void whatIsSupersededIsDeletedAndTheChunksStay() throws Exception {
    storeWhole(1, Compression.XZ);
    storeWhole(1, Compression.ZSTD);
    storeChunked(1, 1, "pack/a");
    ChunkingQueue queue = database().chunkingQueue();

    assertEquals(List.of(), queue.deleteSuperseded(hash(1), NOON, NOON));
    assertEquals(
        List.of(file(Compression.XZ, 101), file(Compression.ZSTD, 101)),
        queue.deleteSuperseded(hash(1), AFTER_NOON, NOON));
    assertEquals(List.of(), queue.deleteSuperseded(hash(1), AFTER_NOON, NOON));
    assertEquals(List.of(), superseded(AFTER_NOON));
    assertEquals(
        List.of(chunkedOf(1)), database().findNar(hash(1)).orElseThrow().representations());
  }

  @Test
  default void aWholeFileStaysWhenTheChunksWereDropped() throws Exception {
    storeWhole(1, Compression.XZ);
    storeChunked(1, 1, "pack/a");
    dropChunked(1);

    assertEquals(List.of(), superseded(AFTER_NOON));
    assertEquals(List.of(), database().chunkingQueue().deleteSuperseded(hash(1), AFTER_NOON, NOON));
    assertEquals(List.of(hash(1)), unchunked());
    assertEquals(
        List.of(file(Compression.XZ, 101)),
        database().findNar(hash(1)).orElseThrow().representations());
  }

  @Test
  default void theHashOfTheFramesIsKeptWithTheChunks() throws Exception {
    storeChunked(1, 1, "pack/a");
    storeWhole(2, Compression.XZ);
    ChunkingQueue queue = database().chunkingQueue();
    assertEquals(List.of(hash(1)), unhashed());

    assertTrue(queue.storeFramesHash(nar(1), chunkedOf(1), hash(77), queue.rewritten()));

    assertEquals(hash(77), chunkedOf(1).framesHash());
    assertEquals(List.of(), unhashed());
    dropChunked(1);
    storeChunked(1, 1, "pack/b");
    assertEquals(List.of(hash(1)), unhashed());
  }

  @Test
  default void aChunkWrittenAnewMakesTheHashOfFramesOfItsNarsAloneUnknown() throws Exception {
    List<ChunkPlace> lost = storeChunked(1, 1, "pack/a");
    storeChunked(2, 2, "pack/b");
    for (int nar = 4; nar <= 6; nar++) { // manifests of several parts
      List<ChunkPlace> chunks = new ArrayList<>();
      for (int i = 0; i < 600; i++) {
        chunks.add(
            ChunkContract.chunk(database().chunks().takeNumbers(1), nar * 1000 + i, "p/" + nar));
      }
      List<ChunkPlace> all = new ArrayList<>(chunks);
      if (nar == 5) {
        all.add(lost.get(0));
      }
      database()
          .storeChunked(
              nar(nar),
              ChunkContract.byHash(chunks),
              ChunkContract.parts(all, 1),
              ChunkContract.chunked(nar, all),
              NOON);
    }
    ChunkingQueue queue = database().chunkingQueue();
    long before = queue.rewritten();
    for (int nar : new int[] {1, 2, 4, 5, 6}) {
      assertTrue(queue.storeFramesHash(nar(nar), chunkedOf(nar), hash(70 + nar), before));
    }
    assertEquals(List.of(), unhashed());

    assertTrue(database().chunks().condemn(lost.get(0)));
    storeChunked(3, 1, "pack/c");

    assertEquals(sorted(hash(1), hash(3), hash(5)), unhashed());
    assertFalse(queue.storeFramesHash(nar(3), chunkedOf(3), hash(73), before));
    assertTrue(queue.storeFramesHash(nar(3), chunkedOf(3), hash(73), queue.rewritten()));
    assertEquals(sorted(hash(1), hash(5)), unhashed());
  }

  static List<Sha256> sorted(Sha256... hashes) {
    return Stream.of(hashes).map(Sha256::nix32).sorted().map(Sha256::parseNix32).toList();
  }
}
