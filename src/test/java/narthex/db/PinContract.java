package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.file;
import static narthex.db.Rows.hash;
import static narthex.db.Rows.nar;
import static narthex.db.Rows.narInfo;
import static narthex.db.Rows.pathHash;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The contract of {@link PinTable}, tested with each database. */
interface PinContract {
  /** Paths of the large closures. */
  int MANY = 20_000;

  /** The database under test, which is empty. */
  Database database();

  /** Runs a statement outside of the code under test. */
  void execute(String sql) throws Exception;

  private PinTable pins() {
    return database().pins();
  }

  private static PinRow pin(int path, @Nullable String name, @Nullable Instant expiresAt) {
    return new PinRow(pathHash(path), name, NOON, expiresAt);
  }

  private void pin(int path) throws IOException {
    pins().store(pin(path, null, null));
    follow();
  }

  private void follow() throws IOException {
    Optional<StorePathHash> incomplete = pins().findIncomplete();
    while (incomplete.isPresent()) {
      while (pins().follow(incomplete.get(), 1000) > 0) {
        // each call follows some
      }
      incomplete = pins().findIncomplete();
    }
  }

  /** A narinfo from an upstream of the path with the NAR of the same number. */
  private static NarInfoRow referring(int path, List<Integer> references) {
    NarInfo said = narInfo(path, path, hash(path + 500).nix32()).said();
    List<String> names = references.stream().map(to -> Rows.path(to).baseName()).toList();
    return new NarInfoRow(
        new NarInfo(
            said.storePath(),
            said.file(),
            said.nar(),
            names,
            said.deriver(),
            said.signatures(),
            said.ca()),
        "https://binary.example",
        hash(path + 500).nix32(),
        NOON);
  }

  private void store(int path, Integer... references) throws IOException {
    database().storeNarInfo(referring(path, List.of(references)));
    database().storeRepresentation(nar(path), file(Compression.XZ, path), NOON);
  }

  /** The numbers of those whose NAR would be evicted. */
  private Set<Integer> evictable(int most) throws IOException {
    return IntStream.rangeClosed(1, most)
        .filter(number -> !find(number).isPinned())
        .boxed()
        .collect(Collectors.toSet());
  }

  private UsedNar find(int number) {
    try {
      return database().uses().find(Optional.empty(), Long.MAX_VALUE, 100).stream()
          .filter(nar -> nar.hash().equals(hash(number)))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  default void aPinKeepsWhatItsPathRefersToDirectlyOrNot() throws Exception {
    store(1, 2, 3);
    store(2, 4);
    store(3, 4);
    store(4);
    store(5, 1);

    pin(1);

    assertEquals(Set.of(5), evictable(5));
    assertEquals(new PinTable.Closure(4, 0, 0), pins().count(pathHash(1)));
  }

  @Test
  default void referencesInCirclesEnd() throws Exception {
    store(1, 1, 2);
    store(2, 3);
    store(3, 1, 3);

    pin(2);

    assertEquals(Set.of(), evictable(3));
    assertEquals(3, pins().count(pathHash(2)).paths());
  }

  @Test
  default void whatArrivesAfterThePinIsKeptWithWhatItRefersTo() throws Exception {
    store(3, 4);
    store(4);
    pin(1);
    assertEquals(new PinTable.Closure(1, 1, 1), pins().count(pathHash(1)));

    store(1, 2);
    assertEquals(Optional.of(pathHash(1)), pins().findIncomplete());
    follow();
    assertEquals(new PinTable.Closure(2, 1, 1), pins().count(pathHash(1)));

    database().storeRepresentation(nar(2), file(Compression.XZ, 2), NOON);
    database().storeUploaded(referring(2, List.of(3)), Set.of());
    follow();
    assertEquals(Set.of(), evictable(4));
    assertEquals(new PinTable.Closure(4, 0, 0), pins().count(pathHash(1)));
  }

  @Test
  default void aNarinfoThatIsReplacedKeepsItsNewReferencesToo() throws Exception {
    database().storeNarInfo(referring(1, List.of(2)));
    store(2);
    store(3);
    pin(1);

    database().storeNarInfo(referring(1, List.of(3)));
    follow();

    assertEquals(new PinTable.Closure(3, 0, 1), pins().count(pathHash(1)));
    assertTrue(find(3).isPinned());
  }

  @Test
  default void nothingIsEvictedWhileReferencesAreToBeFollowed() throws Exception {
    store(1, 2);
    store(2, 3);
    store(3);
    store(4);
    UsedNar three = find(3);
    UsedNar four = find(4);
    pins().store(pin(1, null, null));

    assertEquals(Set.of(), database().uses().evict(List.of(three), NOON));
    assertEquals(Set.of(), database().uses().evict(List.of(four), NOON));

    follow();
    assertEquals(Set.of(), database().uses().evict(List.of(three), NOON));
    assertEquals(Set.of(four.hash()), database().uses().evict(List.of(four), NOON));
  }

  @Test
  default void twoPinsShareWhatBothReferTo() throws Exception {
    store(1, 3);
    store(2, 3);
    store(3);
    pin(1);
    pin(2);

    assertTrue(pins().end(pathHash(1), NOON));
    pins().deleteExpired(NOON);
    assertEquals(Set.of(1), evictable(3));

    assertFalse(pins().end(pathHash(1), NOON));
    assertTrue(pins().end(pathHash(2), NOON));
    pins().deleteExpired(NOON);
    assertEquals(Set.of(1, 2, 3), evictable(3));
  }

  @Test
  default void anExpiredPinIsDeletedWithoutWhatItKept() throws Exception {
    store(1, 2);
    store(2);
    Instant end = NOON.plus(Duration.ofDays(1));
    pins().store(pin(1, "release", end));
    follow();

    pins().deleteExpired(end.minusMillis(1));
    assertEquals(1, pins().list(end.minusMillis(1)).size());
    assertEquals(Set.of(), evictable(2));

    assertEquals(List.of(), pins().list(end));
    pins().deleteExpired(end);
    assertEquals(Set.of(1, 2), evictable(2));
    assertTrue(database().findNarInfo(pathHash(1)).isPresent());
  }

  @Test
  default void aPinThatIsMadeAgainHasItsNewNameAndExpiry() throws Exception {
    store(1);
    pins().store(pin(1, "old", NOON.plusSeconds(1)));
    pins().end(pathHash(1), NOON);

    Instant end = NOON.plusSeconds(9);
    pins().store(new PinRow(pathHash(1), "new", NOON.plusSeconds(5), end));
    pins().deleteExpired(NOON.plusSeconds(8));

    assertEquals(
        List.of(
            new PinTable.Listed(
                pin(1, "new", end), Rows.path(1).print(), new PinTable.Closure(1, 0, 0))),
        pins().list(NOON));
    assertEquals(Optional.of(pathHash(1)), pins().findIncomplete());
  }

  @Test
  default void aPinnedNarinfoIsNotDeleted() throws Exception {
    store(1, 2);
    database().storeNarInfo(referring(2, List.of()));
    pin(1);

    assertFalse(database().deleteNarInfo(pathHash(1)));
    assertFalse(database().deleteNarInfo(pathHash(2)));
    database().forgetNarInfo(pathHash(2));

    assertTrue(database().findNarInfo(pathHash(1)).isPresent());
    assertTrue(database().findNarInfo(pathHash(2)).isPresent());
    assertEquals(Optional.of(pin(1, null, null)), pins().findKeeper(pathHash(2)));
    assertEquals(Optional.empty(), pins().findKeeper(pathHash(3)));
  }

  @Test
  default void pathsThatNoUpstreamHasAreGivenUpUntilThePinIsMadeAgain() throws Exception {
    store(1, 2, 3);
    pin(1);
    List<StorePathHash> unknown = pins().findUnknown(pathHash(1), 9);
    assertEquals(Set.of(pathHash(2), pathHash(3)), Set.copyOf(unknown));

    store(2);
    pins().giveUp(pathHash(1), unknown);
    follow();
    assertEquals(List.of(), pins().findUnknown(pathHash(1), 9));
    assertEquals(new PinTable.Closure(3, 1, 1), pins().count(pathHash(1)));

    pin(1);
    assertEquals(List.of(pathHash(3)), pins().findUnknown(pathHash(1), 9));
  }

  @Test
  default void missingNarsAreFoundPageByPage() throws Exception {
    store(1, 2, 3, 4);
    for (int path = 2; path <= 4; path++) {
      database().storeNarInfo(referring(path, List.of()));
    }
    pin(1);

    List<StorePathHash> first = pins().findWithoutNar(pathHash(1), Optional.empty(), 2);
    List<StorePathHash> next = pins().findWithoutNar(pathHash(1), Optional.of(first.get(1)), 2);

    assertEquals(List.of(pathHash(2), pathHash(3)), first);
    assertEquals(List.of(pathHash(4)), next);
  }

  @Test
  default void aNarinfoThatTheMarkingMissedIsFoundLater() throws Exception {
    pin(1);
    store(1, 2);
    execute("update pin_path set state = 2");
    assertEquals(Optional.empty(), pins().findIncomplete());

    pins().followKnown();
    follow();

    assertEquals(2, pins().count(pathHash(1)).paths());
  }

  /** Inserts narinfos without NARs, fast. */
  private void insert(IntFunction<IntStream> references) throws Exception {
    int atOnce = 100;
    for (int first = 1; first <= MANY; first += atOnce) {
      execute(
          IntStream.range(first, first + atOnce)
              .mapToObj(
                  path ->
                      "('%s', 'x', 'x', 'xz', '%s', 1, '%s', '', 'x', 1)"
                          .formatted(
                              pathHash(path).text(),
                              hash(path).nix32(),
                              references
                                  .apply(path)
                                  .filter(to -> to <= MANY)
                                  .mapToObj(to -> Rows.path(to).baseName())
                                  .collect(Collectors.joining(" "))))
              .collect(
                  Collectors.joining(
                      ",",
                      "insert into narinfo (store_path_hash, store_path, url, compression,"
                          + " nar_hash, nar_size, refs, sigs, stem, checked_at) values ",
                      "")));
    }
  }

  @Test
  default void aDeepClosureIsFollowedToItsEnd() throws Exception {
    insert(path -> IntStream.of(path, path + 1));

    pin(1);

    assertEquals(new PinTable.Closure(MANY, 0, MANY), pins().count(pathHash(1)));
  }

  @Test
  default void aWideClosureIsFollowedToItsEnd() throws Exception {
    int width = 140; // three levels
    insert(path -> IntStream.rangeClosed((path - 1) * width + 2, path * width + 1));

    pin(1);

    assertEquals(new PinTable.Closure(MANY, 0, MANY), pins().count(pathHash(1)));
  }
}
