package narthex.db;

import static narthex.db.ChunkContract.LENGTH;
import static narthex.db.ChunkContract.byHash;
import static narthex.db.ChunkContract.chunked;
import static narthex.db.ChunkContract.parts;
import static narthex.db.Rows.NOON;
import static narthex.db.Rows.hash;
import static narthex.db.Rows.nar;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import narthex.db.CollectionTable.Moved;
import narthex.db.RepackTable.Candidate;
import narthex.nix.Compression;
import org.junit.jupiter.api.Test;

/** The contract of {@link RepackTable} and of chunks in groups, tested with each database. */
interface RepackContract {
  int LEVEL = 19;

  /** The database under test, which is empty. */
  Database database();

  /** Stores a NAR with some chunks in one pack. */
  private List<ChunkPlace> store(int nar, int count, String pack) throws Exception {
    long first = database().chunks().takeNumbers(count);
    List<ChunkPlace> chunks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chunks.add(ChunkContract.chunk(first + i, 100 * nar + i, pack));
    }
    assertTrue(
        database()
            .storeChunked(
                nar(nar), byHash(chunks), parts(chunks, 1000), chunked(nar, chunks), NOON));
    return chunks;
  }

  /** Puts chunks in one group at the beginning of another pack. */
  private static List<Moved> inGroup(List<ChunkPlace> chunks, String pack) {
    List<Moved> moved = new ArrayList<>();
    for (ChunkPlace old : chunks) {
      ChunkGroup group = new ChunkGroup(50, chunks.size() * LENGTH, 7, moved.size() * LENGTH);
      moved.add(
          new Moved(
              old,
              new ChunkPlace(
                  old.number(),
                  old.hash(),
                  pack,
                  0,
                  old.storedLength(),
                  old.length(),
                  old.frameCrc(),
                  group)));
    }
    return moved;
  }

  /** Moves chunks to one group at the beginning of another pack. */
  private List<ChunkPlace> group(List<ChunkPlace> chunks, String pack) throws Exception {
    return group(chunks, pack, OptionalInt.of(LEVEL));
  }

  private List<ChunkPlace> group(List<ChunkPlace> chunks, String pack, OptionalInt level)
      throws Exception {
    List<Moved> moved = inGroup(chunks, pack);
    assertEquals(moved.size(), database().collection().move(moved, pack, level, NOON));
    return moved.stream().map(Moved::now).toList();
  }

  private List<Candidate> find(int level) throws Exception {
    return database().collection().repacking().find(0, level, 100);
  }

  private List<ChunkPlace> places(List<ChunkPlace> chunks) throws Exception {
    return database().chunks().places(chunks.stream().mapToLong(ChunkPlace::number).toArray());
  }

  @Test
  default void groupedChunksAreFoundAtTheirPlaces() throws Exception {
    List<ChunkPlace> grouped = group(store(1, 3, "pack/a"), "pack/b");

    assertEquals(grouped, places(grouped));
    assertEquals(grouped, database().collection().findUsedInPack("pack/b"));
    long[] numbers = grouped.stream().mapToLong(ChunkPlace::number).toArray();
    assertEquals(3 * (50 / 3), database().uses().storedBytes(numbers));
    assertFalse(database().chunks().isPackNamed("pack/a"));
    assertEquals(Set.of(), database().garbage().findUnnamed(Set.of("pack/b")));
  }

  @Test
  default void aPackIsACandidateUntilItIsDoneAtTheLevel() throws Exception {
    List<ChunkPlace> first = store(1, 2, "pack/b");
    List<ChunkPlace> second = store(2, 1, "pack/a");
    assertEquals(
        List.of(
            new Candidate(first.get(0).number(), "pack/b"),
            new Candidate(first.get(1).number(), "pack/b"),
            new Candidate(second.get(0).number(), "pack/a")),
        find(LEVEL));

    database().collection().repacking().done("pack/b", LEVEL);
    assertEquals(List.of(new Candidate(second.get(0).number(), "pack/a")), find(LEVEL));
    group(second, "pack/c");

    assertEquals(List.of(), find(LEVEL));
    assertEquals(3, find(LEVEL + 1).size());
    RepackTable repacking = database().collection().repacking();
    assertTrue(repacking.isDone("pack/c", LEVEL) && repacking.isDone("pack/b", LEVEL - 1));
    assertFalse(repacking.isDone("pack/b", LEVEL + 1) || repacking.isDone("pack/a", LEVEL));
  }

  @Test
  default void aSparsePackIsNoCandidate() throws Exception {
    List<ChunkPlace> chunks = store(1, 2, "pack/a");
    List<Long> gone = List.of(chunks.get(0).number());
    database().collection().mark(gone);

    assertEquals(1, database().collection().remove(gone, NOON));

    assertEquals(List.of(), find(LEVEL));
    database().collection().removeSparse(Set.of("pack/a"));
    assertEquals(List.of(new Candidate(chunks.get(1).number(), "pack/a")), find(LEVEL));
  }

  @Test
  default void aPackWithAFrameOfAChunkThatWasRemovedMeanwhileIsSparse() throws Exception {
    List<ChunkPlace> chunks = store(1, 2, "pack/a");
    List<Long> gone = List.of(chunks.get(0).number());
    database().collection().mark(gone);
    assertEquals(1, database().collection().remove(gone, NOON));
    List<Moved> copied = inGroup(chunks, "pack/b");

    assertEquals(1, database().collection().move(copied, "pack/b", OptionalInt.of(LEVEL), NOON));

    assertEquals(List.of("pack/b"), database().collection().findSparse(Optional.empty(), 10));
  }

  @Test
  default void aGroupedChunkThatIsStoredAgainHasItsOwnFrame() throws Exception {
    List<ChunkPlace> grouped = group(store(1, 2, "pack/a"), "pack/b");
    assertTrue(database().chunks().condemn(grouped.get(0)));

    long number = database().chunks().takeNumbers(1);
    ChunkPlace again = ChunkContract.chunk(number, 100, "pack/c");
    database()
        .storeChunked(
            nar(2), List.of(again), parts(List.of(again), 1), chunked(2, List.of(again)), NOON);

    ChunkPlace now = places(grouped).get(0);
    assertEquals(Optional.empty(), Optional.ofNullable(now.group()));
    assertEquals("pack/c", now.pack());
    assertEquals(grouped.get(1), places(grouped).get(1));
  }

  private void storeFramesHash() throws Exception {
    ChunkingQueue queue = database().chunkingQueue();
    Representation form =
        database()
            .findNar(hash(1))
            .flatMap(found -> found.find(Form.CHUNKED, Compression.NONE))
            .orElseThrow();
    assertTrue(queue.storeFramesHash(nar(1), form, hash(9), queue.rewritten()));
  }

  @Test
  default void anotherCodecMakesHashesOfFramesUnknownIfAPackWasCompressedInPart() throws Exception {
    List<ChunkPlace> chunks = store(1, 2, "pack/a");
    storeFramesHash();
    assertEquals(0, database().collection().repacking().keepCodec("one"));
    group(chunks, "pack/b", OptionalInt.empty());

    assertEquals(2, find(LEVEL).size());
    assertEquals(1, database().collection().repacking().keepCodec("two"));
  }

  @Test
  default void anotherCodecMakesHashesOfFramesUnknownIfPacksWereCompressedAgain() throws Exception {
    List<ChunkPlace> chunks = store(1, 2, "pack/a");
    ChunkingQueue queue = database().chunkingQueue();
    RepackTable repacking = database().collection().repacking();
    storeFramesHash();
    assertEquals(0, repacking.keepCodec("one"));
    assertEquals(0, repacking.keepCodec("two"));
    group(chunks, "pack/b");

    assertEquals(0, repacking.keepCodec("two"));
    assertEquals(1, repacking.keepCodec("three"));

    assertEquals(List.of(hash(1)), queue.findUnhashed(Optional.empty(), 10));
  }
}
