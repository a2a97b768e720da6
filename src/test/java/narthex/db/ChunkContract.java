package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.file;
import static narthex.db.Rows.hash;
import static narthex.db.Rows.nar;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import org.junit.jupiter.api.Test;

/** The contract of {@link ChunkTable} and chunked NARs, tested with each database. */
interface ChunkContract {
  int CHUNK_ROUNDS = 20;
  int LENGTH = 64 << 10;

  /** More parts of manifests than PostgreSQL's driver reads at once. */
  int PARTS = 2 * CollectionMapper.PARTS_AT_ONCE + 1;

  /** The database under test, which is empty. */
  Database database();

  /** A chunk with these contents; its frame has {@code 100 + contents % 7} bytes. */
  static ChunkPlace chunk(long number, int contents, String pack) {
    ByteBuffer bytes = ByteBuffer.allocate(Sha256.BYTES);
    bytes.putInt(Integer.reverse(contents)).putInt(contents);
    return new ChunkPlace(
        number, Sha256.of(bytes.array()), pack, number * 10, 100 + contents % 7, LENGTH, -contents);
  }

  /** A number of new chunks with consecutive contents. */
  default List<ChunkPlace> chunks(int contents, int count, String pack) throws Exception {
    long first = database().chunks().takeNumbers(count);
    return IntStream.range(0, count).mapToObj(i -> chunk(first + i, contents + i, pack)).toList();
  }

  static List<ManifestPart> parts(List<ChunkPlace> chunks, int inOne) {
    List<ManifestPart> parts = new ArrayList<>();
    long narOffset = 0;
    long framesOffset = 0;
    for (int from = 0; from < chunks.size(); from += inOne) {
      List<ChunkPlace> some = chunks.subList(from, Math.min(chunks.size(), from + inOne));
      long frames = some.stream().mapToLong(ChunkPlace::storedLength).sum();
      long length = (long) LENGTH * some.size();
      long[] numbers = some.stream().mapToLong(ChunkPlace::number).toArray();
      parts.add(new ManifestPart(parts.size(), narOffset, framesOffset, length, frames, numbers));
      narOffset += length;
      framesOffset += frames;
    }
    return parts;
  }

  static Representation chunked(int nar, List<ChunkPlace> chunks) {
    long frames = chunks.stream().mapToLong(ChunkPlace::storedLength).sum();
    return new Representation(Form.CHUNKED, Compression.NONE, hash(nar), frames, List.of());
  }

  static List<ChunkPlace> byHash(List<ChunkPlace> chunks) {
    return chunks.stream().sorted(Comparator.comparing(ChunkPlace::hash)).toList();
  }

  default boolean store(int nar, List<ChunkPlace> fresh, List<ChunkPlace> all) throws Exception {
    return database()
        .storeChunked(nar(nar), byHash(fresh), parts(all, 1000), chunked(nar, all), NOON);
  }

  /** Reads the chunks of a stored NAR by its manifest, part by part. */
  default List<ChunkPlace> read(int nar) throws Exception {
    List<ChunkPlace> all = new ArrayList<>();
    long offset = 0;
    long frames = 0;
    while (true) {
      Optional<ManifestPart> part = database().chunks().findPart(hash(nar), offset);
      if (part.isEmpty()) {
        assertEquals(Optional.empty(), database().chunks().findPartOfFrames(hash(nar), frames));
        assertEquals(
            frames,
            database()
                .findNar(hash(nar))
                .flatMap(found -> found.find(Form.CHUNKED, Compression.NONE))
                .orElseThrow()
                .fileSizeBytes());
        return all;
      }
      assertEquals(part, database().chunks().findPartOfFrames(hash(nar), frames));
      List<ChunkPlace> places = database().chunks().places(part.get().numbers());
      assertEquals(
          part.get().framesLength(), places.stream().mapToLong(ChunkPlace::storedLength).sum());
      assertEquals(part.get().length(), (long) LENGTH * places.size());
      all.addAll(places);
      offset += part.get().length();
      frames += part.get().framesLength();
    }
  }

  @Test
  default void aNarOfMoreThanAHundredThousandChunksIsStoredAndReadPartByPart() throws Exception {
    List<ChunkPlace> all = chunks(1, 100_500, "pack/a");

    assertTrue(store(1, all, all));

    Representation stored = database().findNar(hash(1)).orElseThrow().representations().get(0);
    assertEquals(chunked(1, all), stored);
    assertEquals(all, read(1));
    ManifestPart last = database().chunks().findPart(hash(1), 100_500L * LENGTH - 1).orElseThrow();
    assertEquals(100, last.part());
    assertEquals(parts(all, 1000).get(100), last);
    assertEquals(Optional.of(hash(1)), database().findNarByFileName(hash(1).nix32()));
  }

  @Test
  default void knownChunksAreFoundByTheirNamesInBatches() throws Exception {
    List<ChunkPlace> all = chunks(1, 1200, "pack/a");
    store(1, all, all);
    List<Sha256> names = IntStream.range(0, 2000).mapToObj(i -> chunk(1, i, "x").hash()).toList();

    Map<Sha256, ChunkPlace> found = database().chunks().find(names);

    assertEquals(1200, found.size());
    assertEquals(all.get(700), found.get(all.get(700).hash()));
    assertEquals(Map.of(), database().chunks().find(List.of()));
  }

  @Test
  default void placesComeInTheOrderInWhichTheyAreAskedFor() throws Exception {
    List<ChunkPlace> all = chunks(1, 3000, "pack/a");
    store(1, all, all);
    long first = all.get(0).number();
    long[] wanted =
        LongStream.concat(
                LongStream.concat(
                    LongStream.range(first + 100, first + 1400), LongStream.of(first, first)),
                LongStream.iterate(first + 2999, i -> i - 2).limit(800))
            .toArray();

    List<ChunkPlace> places = database().chunks().places(wanted);

    assertEquals(
        LongStream.of(wanted).mapToObj(number -> all.get((int) (number - first))).toList(), places);
    assertThrows(
        NoSuchChunkException.class, () -> database().chunks().places(new long[] {first, 1 << 30}));
  }

  @Test
  default void aChunkThatAnotherWriterStoredFirstTakesThePlaceOfOurs() throws Exception {
    List<ChunkPlace> theirs = chunks(1, 10, "pack/theirs");
    List<ChunkPlace> ours =
        chunks(6, 10, "pack/ours").stream()
            .map(
                it ->
                    new ChunkPlace(
                        it.number(),
                        it.hash(),
                        it.pack(),
                        it.offset(),
                        it.storedLength() + 9,
                        LENGTH,
                        it.frameCrc() + 1))
            .toList();
    store(1, theirs, theirs);

    assertTrue(
        database().storeChunked(nar(2), byHash(ours), parts(ours, 3), chunked(2, ours), NOON));

    List<ChunkPlace> expected = new ArrayList<>(theirs.subList(5, 10));
    expected.addAll(ours.subList(5, 10));
    assertEquals(expected, read(2));
    assertTrue(database().chunks().isPackNamed("pack/ours"));
  }

  @Test
  default void twoWritersOfOverlappingChunksAtOnceStoreEachOnce() throws Exception {
    for (int round = 0; round < CHUNK_ROUNDS; round++) {
      int one = 2 * round;
      int other = 2 * round + 1;
      int contents = 1 + round * 10_000;
      List<ChunkPlace> first = chunks(contents, 900, "pack/" + one);
      List<ChunkPlace> second = new ArrayList<>(chunks(contents + 300, 900, "pack/" + other));
      Collections.reverse(second);

      assertEquals(
          List.of(true, true),
          AtOnce.run(() -> store(one, first, first), () -> store(other, second, second)));

      List<ChunkPlace> oneRead = read(one);
      List<ChunkPlace> otherRead = new ArrayList<>(read(other));
      Collections.reverse(otherRead);
      assertEquals(hashes(first), hashes(oneRead));
      assertEquals(oneRead.subList(300, 900), otherRead.subList(0, 600));
    }
  }

  private static List<Sha256> hashes(List<ChunkPlace> chunks) {
    return chunks.stream().map(ChunkPlace::hash).toList();
  }

  @Test
  default void ofTwoWritersOfOneNarAtOnceOneStoresIt() throws Exception {
    for (int round = 0; round < CHUNK_ROUNDS; round++) {
      int number = round;
      List<ChunkPlace> first = chunks(1 + round * 1000, 300, "pack/first" + round);
      List<ChunkPlace> second = chunks(1 + round * 1000, 300, "pack/second" + round);

      List<Boolean> stored =
          AtOnce.run(() -> store(number, first, first), () -> store(number, second, second));

      assertEquals(stored.get(0), !stored.get(1));
      assertEquals(stored.get(0) ? first : second, read(number));
      assertFalse(
          database().chunks().isPackNamed((stored.get(0) ? "pack/second" : "pack/first") + round));
    }
  }

  @Test
  default void aNarIsStoredWholeAndChunkedAtTheSameTime() throws Exception {
    List<ChunkPlace> all = chunks(1, 5, "pack/a");
    database().storeRepresentation(nar(1), file(Compression.XZ, 7), NOON);

    assertTrue(store(1, all, all));

    assertEquals(
        List.of(file(Compression.XZ, 7), chunked(1, all)),
        database().findNar(hash(1)).orElseThrow().representations());
    assertTrue(database().deleteRepresentation(hash(1), file(Compression.XZ, 7), NOON));
    assertEquals(all, read(1));
  }

  @Test
  default void theManifestGoesWithItsNarAndTheChunksStay() throws Exception {
    List<ChunkPlace> all = chunks(1, 2500, "pack/a");
    store(1, all, all);
    store(2, List.of(), all);

    assertTrue(database().deleteRepresentation(hash(1), chunked(1, all), NOON));
    assertEquals(Optional.empty(), database().findNar(hash(1)));
    assertEquals(Optional.empty(), database().chunks().findPart(hash(1), 0));
    assertEquals(all, read(2));

    assertTrue(database().garbage().deleteUnnamedNar(hash(2), Instant.MAX, NOON));
    assertEquals(Optional.empty(), database().chunks().findPart(hash(2), 0));
    assertEquals(all, database().chunks().places(parts(all, 2500).get(0).numbers()));
    assertTrue(store(1, List.of(), all));
  }

  @Test
  default void aCondemnedChunkIsWrittenAnewUnderItsNumber() throws Exception {
    List<ChunkPlace> all = chunks(1, 3, "pack/a");
    store(1, all, all);
    ChunkPlace bad = all.get(1);

    assertTrue(database().chunks().condemn(bad));

    assertEquals(Map.of(), database().chunks().find(List.of(bad.hash())));
    assertEquals(all, read(1));
    assertThrows(ChunksCondemnedException.class, () -> store(2, List.of(), all));
    assertEquals(Optional.empty(), database().findNar(hash(2)));

    List<ChunkPlace> again = chunks(2, 1, "pack/b");
    assertTrue(store(2, again, List.of(all.get(0), again.get(0), all.get(2))));

    ChunkPlace healed =
        new ChunkPlace(
            bad.number(),
            bad.hash(),
            "pack/b",
            again.get(0).offset(),
            bad.storedLength(),
            LENGTH,
            again.get(0).frameCrc());
    assertEquals(List.of(all.get(0), healed, all.get(2)), read(1));
    assertEquals(List.of(all.get(0), healed, all.get(2)), read(2));
    assertFalse(database().chunks().condemn(bad));
  }

  @Test
  default void numbersAreNeverGivenTwice() throws Exception {
    for (int round = 0; round < CHUNK_ROUNDS; round++) {
      List<Long> firsts =
          AtOnce.run(
              () -> database().chunks().takeNumbers(10), () -> database().chunks().takeNumbers(10));

      assertTrue(Math.abs(firsts.get(0) - firsts.get(1)) >= 10, firsts::toString);
    }
  }

  @Test
  default void theSizesOfTheFirstChunkAreKept() throws Exception {
    assertEquals(Optional.empty(), database().chunks().findSizes());
    assertEquals("1 2 3", database().chunks().keepSizes("1 2 3"));

    assertEquals("1 2 3", database().chunks().keepSizes("4 5 6"));

    assertEquals(Optional.of("1 2 3"), database().chunks().findSizes());
  }

  @Test
  default void allManifestsAreReadByOneQueryWhileOthersWrite() throws Exception {
    List<ChunkPlace> all = chunks(0, PARTS, "pack/many");
    assertTrue(database().storeChunked(nar(1), byHash(all), parts(all, 1), chunked(1, all), NOON));
    List<ChunkPlace> later = chunks(PARTS, 3, "pack/later");
    List<Long> numbers = new ArrayList<>();
    List<Boolean> stored = new ArrayList<>();

    boolean isWhole =
        database()
            .collection()
            .references(
                numbers::add,
                () -> {
                  if (stored.isEmpty()) {
                    stored.add(assertDoesNotThrow(() -> store(2, later, later)));
                  }
                  return true;
                });

    assertTrue(isWhole);
    assertEquals(List.of(true), stored);
    assertEquals(all.stream().map(ChunkPlace::number).toList(), numbers.stream().sorted().toList());
  }

  @Test
  default void readingManifestsEndsWhenTheReaderHasEnough() throws Exception {
    List<ChunkPlace> all = chunks(0, 5, "pack/few");
    assertTrue(database().storeChunked(nar(1), byHash(all), parts(all, 2), chunked(1, all), NOON));
    List<Long> numbers = new ArrayList<>();

    assertFalse(database().collection().references(numbers::add, () -> numbers.size() < 4));

    assertEquals(4, numbers.size());
    assertTrue(database().collection().references(numbers::add, () -> true));
    assertEquals(9, numbers.size());
  }
}
