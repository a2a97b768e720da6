package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.file;
import static narthex.db.Rows.nar;
import static narthex.db.Rows.narInfo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import narthex.db.PathTable.Order;
import narthex.db.PathTable.Place;
import narthex.db.PathTable.Shown;
import narthex.nix.Compression;
import narthex.nix.NarId;
import org.junit.jupiter.api.Test;

/** The contract of {@link PathTable}, tested with each database. */
interface PathContract {
  String STEM = "a".repeat(52);

  /** The database under test, which is empty. */
  Database database();

  @Test
  default void pathsAreListedByHashAndShownWithTheirNar() throws Exception {
    List<String> hashes = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      hashes.add(database().storeNarInfo(narInfo(i, i, STEM)).said().storePath().hash().text());
    }
    hashes.sort(Comparator.naturalOrder());
    database().storeRepresentation(nar(1), file(Compression.XZ, 100), NOON);
    PathTable paths = new PathTable(database());

    List<PathTable.Listed> first = paths.list("", 2);
    List<PathTable.Listed> rest = paths.list(first.get(1).hash(), 2);

    assertEquals(hashes.subList(0, 2), first.stream().map(PathTable.Listed::hash).toList());
    assertEquals(hashes.subList(2, 3), rest.stream().map(PathTable.Listed::hash).toList());
    List<Shown> shown = paths.show(hashes);
    assertEquals(3, shown.size());
    Shown stored = shown.stream().filter(path -> path.storedAt() != null).findFirst().orElseThrow();
    assertEquals(NOON, stored.storedAt());
    assertEquals(nar(1).hash().nix32(), stored.narHash());
    assertEquals(2, shown.stream().filter(path -> path.usedAt() == null).count());
    assertEquals(List.of(), paths.show(List.of()));
  }

  @Test
  default void hashesAreFoundByTheirStart() throws Exception {
    String hash = database().storeNarInfo(narInfo(1, 1, STEM)).said().storePath().hash().text();
    PathTable paths = new PathTable(database());
    String start = hash.substring(0, 5);

    String last = start + "z".repeat(27);

    assertEquals(List.of(hash), paths.findBetween(start + "0".repeat(27), last, 10));
    assertEquals(List.of(), paths.findBetween(last, last, 10));
  }

  @Test
  default void narsAreListedByTheirSizeAndTheirLastUse() throws Exception {
    for (int i = 1; i <= 3; i++) {
      NarId sized = new NarId(nar(i).hash(), 1_000L * i);
      database()
          .storeRepresentation(sized, file(Compression.XZ, 100), NOON.minusSeconds(3600L * i));
    }
    PathTable paths = new PathTable(database());

    List<Shown> largest = paths.list(Order.LARGEST, Place.START, 2);
    List<Shown> smallest = paths.list(Order.LARGEST, new Place(2_000, largest.get(1).narHash()), 2);
    List<Shown> used = paths.list(Order.USED, Place.START, 3);

    assertEquals(List.of(3_000L, 2_000L), largest.stream().map(Shown::narBytes).toList());
    assertEquals(List.of(1_000L), smallest.stream().map(Shown::narBytes).toList());
    assertEquals(List.of(1_000L, 2_000L, 3_000L), used.stream().map(Shown::narBytes).toList());
    assertEquals(NOON.minusSeconds(3600).truncatedTo(ChronoUnit.MINUTES), used.get(0).usedAt());
    assertNull(used.get(0).storePath());
  }

  @Test
  default void theMostUsedNarsAreThoseOfTheMostMinutes() throws Exception {
    for (int i = 1; i <= 3; i++) {
      database().storeRepresentation(nar(i), file(Compression.XZ, 100), NOON);
    }
    UseTable uses = database().uses();
    uses.store(Set.of(nar(2).hash(), nar(3).hash()), NOON.plusSeconds(60));
    uses.store(Set.of(nar(3).hash()), NOON.plusSeconds(90));
    uses.store(Set.of(nar(3).hash()), NOON.plusSeconds(120));
    PathTable paths = new PathTable(database());

    List<Shown> most = paths.list(Order.MOST_USED, Place.START, 2);
    Shown last = most.get(1);
    List<Shown> rest = paths.list(Order.MOST_USED, new Place(1, last.narHash()), 2);

    assertEquals(nar(3).hash().nix32(), most.get(0).narHash());
    assertEquals(List.of(2L, 1L), most.stream().map(Shown::uses).toList());
    assertEquals(List.of(nar(1).hash().nix32()), rest.stream().map(Shown::narHash).toList());
    assertEquals(0L, rest.get(0).uses());
  }
}
