package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.file;
import static narthex.db.Rows.hash;
import static narthex.db.Rows.nar;
import static narthex.db.Rows.narInfo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import narthex.db.UsedNar.Origin;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import org.junit.jupiter.api.Test;

/** The contract of {@link UseTable}, tested with each database. */
interface UseContract {

  /** The database under test, which is empty. */
  Database database();

  private void store(int nar) throws IOException {
    database().storeRepresentation(nar(nar), file(Compression.XZ, 100 + nar), NOON);
  }

  private static Instant later(int minutes) {
    return NOON.plus(Duration.ofMinutes(minutes));
  }

  private static long minute(Instant time) {
    return time.getEpochSecond() / 60;
  }

  private UsedNar find(int nar) throws IOException {
    return database().uses().find(Optional.empty(), Long.MAX_VALUE, 100).stream()
        .filter(found -> found.hash().equals(hash(nar)))
        .findFirst()
        .orElseThrow();
  }

  private List<Sha256> byUse(long lastMinute, int atOnce) throws IOException {
    List<Sha256> all = new ArrayList<>();
    List<UsedNar> page = database().uses().find(Optional.empty(), lastMinute, atOnce);
    while (!page.isEmpty()) {
      page.forEach(nar -> all.add(nar.hash()));
      page = database().uses().find(Optional.of(page.get(page.size() - 1)), lastMinute, atOnce);
    }
    return all;
  }

  @Test
  default void aNarIsUsedWhenItIsStoredAndThenByItsLatestUse() throws Exception {
    store(1);
    assertEquals(minute(NOON), find(1).usedMinute());

    database().uses().store(Set.of(hash(1), hash(2)), later(5));
    database().uses().store(Set.of(hash(1)), later(3));
    database().storeRepresentation(nar(1), file(Compression.ZSTD, 7), later(60));

    UsedNar nar = find(1);
    assertEquals(minute(later(5)), nar.usedMinute());
    assertEquals(later(60), nar.storedAt());
    assertEquals(18, nar.wholeBytes());
    assertFalse(nar.isChunked());
  }

  @Test
  default void narsAreFoundPageByPageFromTheEarliestUseOn() throws Exception {
    assertEquals(0, database().uses().lastMinute());
    for (int i = 1; i <= 5; i++) {
      store(i);
    }
    database().uses().store(Set.of(hash(2), hash(4)), later(1));
    database().uses().store(Set.of(hash(3)), later(2));

    assertEquals(minute(later(2)), database().uses().lastMinute());
    for (int atOnce : new int[] {1, 2, 3, 100}) {
      List<Sha256> all = byUse(minute(later(2)), atOnce);
      assertEquals(Set.of(hash(1), hash(5)), Set.copyOf(all.subList(0, 2)));
      assertEquals(Set.of(hash(2), hash(4)), Set.copyOf(all.subList(2, 4)));
      assertEquals(hash(3), all.get(4));
      assertEquals(5, all.size());
      assertEquals(all.subList(0, 4), byUse(minute(later(1)), atOnce));
    }
  }

  @Test
  default void moreUsesThanOneTransactionTakesAreStored() throws Exception {
    store(1);
    store(2);
    List<Sha256> many = IntStream.range(1, 1200).mapToObj(Rows::hash).toList();

    database().uses().store(many, later(9));

    assertEquals(minute(later(9)), find(1).usedMinute());
    assertEquals(minute(later(9)), find(2).usedMinute());
  }

  @Test
  default void theNarinfosTellWhereANarIsFrom() throws Exception {
    for (int i = 1; i <= 4; i++) {
      store(i);
    }
    database().storeNarInfo(narInfo(1, 1, "a".repeat(52)));
    database().storeNarInfo(Rows.poorNarInfo(2, 2));
    database().storeNarInfo(narInfo(3, 3, "b".repeat(52)));
    database().storeNarInfo(Rows.poorNarInfo(4, 3));

    assertEquals(Origin.UPSTREAM, find(1).origin());
    assertEquals(Origin.UPLOAD, find(2).origin());
    assertEquals(Origin.UPLOAD, find(3).origin());
    assertEquals(Origin.UPLOAD, find(4).origin());
  }

  @Test
  default void chunksAreSummedInRunsAndAlone() throws Exception {
    List<ChunkPlace> chunks =
        LongStream.rangeClosed(1, 2000)
            .filter(number -> number <= 900 || number % 3 != 0)
            .mapToObj(number -> ChunkContract.chunk(number, (int) number, "pack/a"))
            .toList();
    database()
        .storeChunked(
            nar(1),
            ChunkContract.byHash(chunks),
            ChunkContract.parts(chunks, 300),
            ChunkContract.chunked(1, chunks),
            NOON);

    Map<Sha256, List<ManifestPart>> parts = database().uses().findParts(List.of(hash(1), hash(2)));
    long[] numbers =
        parts.values().stream()
            .flatMap(List::stream)
            .flatMapToLong(part -> LongStream.of(part.numbers()))
            .toArray();

    assertEquals(Set.of(hash(1)), parts.keySet());
    assertEquals(ChunkContract.parts(chunks, 300), parts.get(hash(1)));
    assertEquals(
        chunks.stream().mapToLong(ChunkPlace::storedLength).sum(),
        database().uses().storedBytes(numbers));
    assertEquals(
        chunks.get(0).storedLength(), database().uses().storedBytes(new long[] {1, 1, 903, 9999}));
    assertEquals(
        Map.of(
            1L,
            (long) chunks.get(0).storedLength(),
            2000L,
            (long) chunks.get(chunks.size() - 1).storedLength()),
        database().uses().storedBytesOfEach(Set.of(1L, 2000L, 9999L)));
    assertEquals(Map.of(), database().uses().findParts(List.of()));
    assertTrue(find(1).isChunked());
    assertEquals(0, find(1).wholeBytes());
  }

  @Test
  default void anEvictedNarLosesAllFormsAndKeepsItsNarinfo() throws Exception {
    List<ChunkPlace> chunks = List.of(ChunkContract.chunk(1, 1, "pack/a"));
    store(1);
    database()
        .storeChunked(
            nar(1), chunks, ChunkContract.parts(chunks, 9), ChunkContract.chunked(1, chunks), NOON);
    NarInfoRow row = database().storeNarInfo(narInfo(1, 1, "a".repeat(52)));

    assertEquals(Set.of(find(1).hash()), database().uses().evict(List.of(find(1)), later(1)));

    assertEquals(Optional.empty(), database().findNar(hash(1)));
    assertEquals(Map.of(), database().uses().findParts(List.of(hash(1))));
    assertEquals(Optional.of(row), database().findNarInfo(Rows.pathHash(1)));
    assertEquals(List.of("xz-101"), database().garbage().findDue(later(1), Optional.empty(), 9));
    assertEquals(
        List.of(), database().garbage().findDue(later(1).minusMillis(1), Optional.empty(), 9));
  }

  @Test
  default void aNarThatIsUsedOrStoredAgainIsNotEvicted() throws Exception {
    store(1);
    UsedNar found = find(1);
    database().uses().store(Set.of(hash(1)), later(1));
    assertEquals(Set.of(), database().uses().evict(List.of(found), NOON));

    found = find(1);
    database().storeRepresentation(nar(1), file(Compression.XZ, 101), later(2));
    assertEquals(Set.of(), database().uses().evict(List.of(found), NOON));

    assertTrue(database().findNar(hash(1)).isPresent());
    found = find(1);
    assertEquals(Set.of(found.hash()), database().uses().evict(List.of(found), NOON));
    assertEquals(Set.of(), database().uses().evict(List.of(found), NOON));
  }

  @Test
  default void ofSeveralNarsThoseThatWereUsedAgainAreNotEvicted() throws Exception {
    for (int i = 1; i <= 4; i++) {
      store(i);
    }
    List<UsedNar> found =
        database().uses().find(Optional.empty(), database().uses().lastMinute(), 100);
    database().uses().store(Set.of(hash(2)), later(1));
    database().storeRepresentation(nar(3), file(Compression.XZ, 103), later(2));

    assertEquals(Set.of(hash(1), hash(4)), database().uses().evict(found, later(1)));

    assertEquals(Set.of(hash(2), hash(3)), Set.copyOf(byUse(minute(later(2)), 100)));
    assertEquals(
        List.of("xz-101", "xz-104"), database().garbage().findDue(later(1), Optional.empty(), 9));
    assertEquals(Set.of(), database().uses().evict(List.of(), NOON));
  }
}
