package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.hash;
import static narthex.db.Rows.nar;
import static narthex.db.Rows.narInfo;
import static narthex.db.Rows.path;
import static narthex.db.Rows.pathHash;
import static narthex.db.Rows.representation;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.sql.Connection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import narthex.nix.StorePathHash;
import org.junit.jupiter.api.Test;

/** The contract of {@link Database}, tested with each database. */
abstract class DatabaseContract extends UploadContract
    implements DocumentTableContract,
        ChunkContract,
        ChunkingQueueContract,
        GarbageContract,
        ClusterContract,
        LeaseContract,
        UseContract,
        StatisticsContract,
        PathContract,
        PinContract,
        FsckContract,
        RepackContract {
  private static final String STEM = "a".repeat(52);
  private static final int DEADLINE_SECONDS = 60;

  @Override
  public final Database database() {
    return database;
  }

  @Override
  public final void change(String sql) throws Exception {
    execute(sql);
  }

  @Test
  void nothingIsFoundInAnEmptyDatabase() throws Exception {
    assertEquals(Optional.empty(), database.findNarInfo(pathHash(1)));
    assertEquals(List.of(), database.findNarInfosOf(hash(1)));
    assertEquals(Optional.empty(), database.findNar(hash(1)));
    assertEquals(Optional.empty(), database.findNarByFileName(STEM));
    database.ping();
  }

  @Test
  void aNarInfoIsFoundAsItWasSaidWithSpecialCharacters() throws Exception {
    NarInfoRow full = narInfo(1, 1, STEM);
    NarInfoRow poor = Rows.poorNarInfo(2, 2);

    assertEquals(full, database.storeNarInfo(full));
    assertEquals(poor, database.storeNarInfo(poor));

    assertEquals(Optional.of(full), database.findNarInfo(pathHash(1)));
    assertEquals(Optional.of(poor), database.findNarInfo(pathHash(2)));
  }

  @Test
  void whatIsSaidLaterReplacesWhatWasSaid() throws Exception {
    database.storeNarInfo(narInfo(1, 1, STEM));
    NarInfoRow later = Rows.at(Rows.poorNarInfo(1, 2), "https://other.example", NOON.plusMillis(1));

    database.storeNarInfo(later);

    assertEquals(Optional.of(later), database.findNarInfo(pathHash(1)));
    assertEquals(List.of(), database.findNarInfosOf(hash(1)));
    assertEquals(Optional.of(hash(1)), database.findNarByFileName(STEM));
  }

  @Test
  void aDeletedNarInfoIsGoneButItsFileNamesStay() throws Exception {
    database.storeNarInfo(narInfo(1, 1, STEM));

    database.deleteNarInfo(pathHash(1));
    database.deleteNarInfo(pathHash(1));

    assertEquals(Optional.empty(), database.findNarInfo(pathHash(1)));
    assertEquals(Optional.of(hash(1)), database.findNarByFileName(STEM));
    assertEquals(Optional.of(hash(1)), database.findNarByFileName(hash(1).nix32()));
  }

  @Test
  void narInfosOfANarComeNewestFirstAndBounded() throws Exception {
    for (int i = 0; i < 70; i++) {
      database.storeNarInfo(Rows.at(narInfo(i, 1, STEM), null, NOON.plusSeconds(i)));
    }

    List<NarInfoRow> found = database.findNarInfosOf(hash(1));

    assertEquals(64, found.size());
    assertEquals(path(69), found.get(0).said().storePath());
    assertEquals(path(68), found.get(1).said().storePath());
  }

  @Test
  void aStemThatNamesAnotherNarIsNotHandedOut() throws Exception {
    database.storeNarInfo(narInfo(1, 1, STEM));

    NarInfoRow stored = database.storeNarInfo(narInfo(2, 2, STEM));

    assertEquals(hash(2).nix32(), stored.stem());
    assertEquals(Optional.of(stored), database.findNarInfo(pathHash(2)));
    assertEquals(Optional.of(hash(1)), database.findNarByFileName(STEM));
    assertEquals(Optional.of(hash(2)), database.findNarByFileName(hash(2).nix32()));
  }

  @Test
  void aStemThatIsTheHashOfAnotherNarIsNotHandedOut() throws Exception {
    database.storeNarInfo(narInfo(1, 1, STEM));

    NarInfoRow stored = database.storeNarInfo(narInfo(2, 2, hash(1).nix32()));

    assertEquals(hash(2).nix32(), stored.stem());
    assertEquals(Optional.of(hash(1)), database.findNarByFileName(hash(1).nix32()));
  }

  @Test
  void theHashOfANarLearntLaterWinsOverAnAlias() throws Exception {
    database.storeNarInfo(narInfo(1, 1, hash(2).nix32()));
    assertEquals(Optional.of(hash(1)), database.findNarByFileName(hash(2).nix32()));

    database.storeNarInfo(narInfo(2, 2, STEM));

    assertEquals(Optional.of(hash(2)), database.findNarByFileName(hash(2).nix32()));
    assertEquals(hash(1).nix32(), database.findNarInfo(pathHash(1)).orElseThrow().stem());
  }

  @Test
  void theHashOfAStoredNarWinsOverAnAlias() throws Exception {
    database.storeNarInfo(narInfo(1, 1, hash(2).nix32()));

    assertTrue(database.storeRepresentation(nar(2), representation("b"), NOON));

    assertEquals(Optional.of(hash(2)), database.findNarByFileName(hash(2).nix32()));
    assertEquals(hash(1).nix32(), database.findNarInfo(pathHash(1)).orElseThrow().stem());
  }

  @Test
  void namesWithSpecialCharactersAreOnlyNames() throws Exception {
    String nasty = "x'; drop table file_name; --%_\\\"\u00fc";
    database.storeNarInfo(narInfo(1, 1, nasty));

    assertEquals(Optional.of(hash(1)), database.findNarByFileName(nasty));
    assertEquals(Optional.empty(), database.findNarByFileName("%"));
    assertEquals(Optional.empty(), database.findNarByFileName("' or '1'='1"));
  }

  @Test
  void aNarIsFoundAsItWasStored() throws Exception {
    assertTrue(database.storeRepresentation(nar(1), representation("whole/1"), NOON));

    StoredNar expected = new StoredNar(nar(1), List.of(representation("whole/1")), NOON);
    assertEquals(Optional.of(expected), database.findNar(hash(1)));
    assertEquals(Optional.of(hash(1)), database.findNarByFileName(hash(1).nix32()));
  }

  @Test
  void aFormThatIsThereAlreadyIsNotReplaced() throws Exception {
    database.storeRepresentation(nar(1), representation("first"), NOON);

    assertFalse(
        database.storeRepresentation(nar(1), representation("second"), NOON.plusSeconds(1)));

    StoredNar expected =
        new StoredNar(nar(1), List.of(representation("first")), NOON.plusSeconds(1));
    assertEquals(Optional.of(expected), database.findNar(hash(1)));
  }

  @Test
  void onlyExactlyThatRepresentationIsDeleted() throws Exception {
    database.storeRepresentation(nar(1), representation("first"), NOON);

    assertFalse(database.deleteRepresentation(hash(1), representation("second"), NOON));
    assertFalse(database.deleteRepresentation(hash(2), representation("first"), NOON));
    assertTrue(database.findNar(hash(1)).isPresent());

    assertTrue(database.deleteRepresentation(hash(1), representation("first"), NOON));
    assertEquals(Optional.empty(), database.findNar(hash(1)));
    assertFalse(database.deleteRepresentation(hash(1), representation("first"), NOON));
    assertEquals(0, count("nar"));
    assertTrue(database.storeRepresentation(nar(1), representation("third"), NOON));
  }

  @Test
  void ofManyThreadsThatStoreTheSameNarOneWins() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      int number = round;
      List<Boolean> stored =
          AtOnce.run(
              () -> database.storeRepresentation(nar(number), representation("a"), NOON),
              () -> database.storeRepresentation(nar(number), representation("b"), NOON));
      assertTrue(stored.get(0) ^ stored.get(1));
      assertEquals(1, database.findNar(hash(number)).orElseThrow().representations().size());
    }
  }

  @Test
  void storingAndDeletingAtOnceLeavesAllOrNothing() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      database.storeRepresentation(nar(1), representation("a"), NOON);
      List<Boolean> results =
          AtOnce.run(
              () -> database.deleteRepresentation(hash(1), representation("a"), NOON),
              () -> database.storeRepresentation(nar(1), representation("b"), NOON));
      assertTrue(results.get(0));
      assertEquals(results.get(1), database.findNar(hash(1)).isPresent());
      database.deleteRepresentation(hash(1), representation("b"), NOON);
      assertEquals(0, count("nar"));
    }
  }

  @Test
  void narInfosStoredAtOnceNeverShareAStem() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      int first = 2 * round;
      int second = first + 1;
      String stem = "stem" + round;
      List<NarInfoRow> rows =
          AtOnce.run(
              () -> database.storeNarInfo(narInfo(first, first, stem)),
              () -> database.storeNarInfo(narInfo(second, second, stem)));
      assertTrue(rows.get(0).stem().equals(stem) ^ rows.get(1).stem().equals(stem));
      for (NarInfoRow row : rows) {
        assertEquals(Optional.of(row.said().nar().hash()), database.findNarByFileName(row.stem()));
        StorePathHash hash = row.said().storePath().hash();
        assertEquals(Optional.of(row), database.findNarInfo(hash));
      }
    }
  }

  @Test
  void rowsAreThereAfterReopening() throws Exception {
    database.storeNarInfo(narInfo(1, 1, STEM));
    database.storeRepresentation(nar(1), representation("a"), NOON);

    database.close();
    database = Database.open(settings());

    assertEquals(Optional.of(narInfo(1, 1, STEM)), database.findNarInfo(pathHash(1)));
    assertTrue(database.findNar(hash(1)).isPresent());
  }

  @Test
  void anotherOpenDatabaseSeesRowsAtOnce() throws Exception {
    try (Database other = Database.open(settings())) {
      assertEquals(Optional.empty(), other.findNarInfo(pathHash(1)));
      database.storeNarInfo(narInfo(1, 1, STEM));
      assertTrue(other.findNarInfo(pathHash(1)).isPresent());
    }
  }

  @Test
  void migratingTwiceChangesNothing() throws Exception {
    try (ConnectionPool pool = ConnectionPool.open(settings())) {
      assertEquals(0, new Migrations(Migrations.SCRIPTS).apply(pool.connections(), "here"));
    }
    assertEquals(Migrations.SCRIPTS.size(), count("schema_version"));
  }

  @Test
  void twoThatMigrateAtOnceRunEachScriptOnce() throws Exception {
    for (int round = 0; round < 5; round++) {
      DatabaseAddress fresh = newDatabase();
      try (ConnectionPool one = ConnectionPool.open(fresh);
          ConnectionPool other = ConnectionPool.open(fresh)) {
        List<Integer> ran =
            AtOnce.run(
                () -> new Migrations(Migrations.SCRIPTS).apply(one.connections(), "here"),
                () -> new Migrations(Migrations.SCRIPTS).apply(other.connections(), "there"));
        assertEquals(Migrations.SCRIPTS.size(), ran.get(0) + ran.get(1));
      }
    }
  }

  @Test
  void twoReplicasThatStartAtOnceOnAnEmptyDatabaseBothOpenIt() throws Exception {
    for (int round = 0; round < 5; round++) {
      DatabaseAddress fresh = newDatabase();
      List<Database> opened = AtOnce.run(() -> Database.open(fresh), () -> Database.open(fresh));
      opened.get(0).storeNarInfo(narInfo(1, 1, STEM));
      assertTrue(opened.get(1).findNarInfo(pathHash(1)).isPresent());
      opened.forEach(Database::close);
    }
  }

  @Test
  void aDatabaseOfANewerNarthexIsRefusedInOneLine() throws Exception {
    execute("insert into schema_version (version, script, applied_at) values (99, 'future', 1)");

    DatabaseException refusal =
        assertThrows(DatabaseException.class, () -> Database.open(settings()));

    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains("by a newer Narthex: has version 99"), message);
    assertEquals(1, message.lines().count());
  }

  @Test
  void aDatabaseThatCannotAnswerIsAnExceptionNeverAnAbsence() throws Exception {
    database.storeRepresentation(nar(1), representation("a"), NOON);
    execute("drop table narinfo");
    assertThrows(DatabaseException.class, () -> database.findNarInfo(pathHash(1)));

    execute("update representation set file_hash = 'nonsense'");
    assertThrows(DatabaseException.class, () -> database.findNar(hash(1)));

    database.close();
    assertThrows(IOException.class, () -> database.findNar(hash(1)));
    assertThrows(IOException.class, () -> database.ping());
  }

  @Test
  void aTransactionThatFailsLeavesNothing() throws Exception {
    execute("drop table narinfo");

    assertThrows(DatabaseException.class, () -> database.storeNarInfo(narInfo(1, 1, STEM)));

    assertEquals(0, count("file_name"));
  }

  @Test
  void theDataSourceOfTheContainerStaysOpen() throws Exception {
    try (ConnectionPool container = ConnectionPool.open(settings())) {
      Database.over(container.connections(), "java:comp/env/jdbc/narthex", null).close();

      try (Connection connection = container.connections().getConnection()) {
        assertTrue(connection.isValid(1));
      }
    }
  }

  @Test
  void closingStopsOurThreads() throws Exception {
    database.close();

    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("narthex-db")) {
        thread.join(TimeUnit.SECONDS.toMillis(DEADLINE_SECONDS));
        assertFalse(thread.isAlive(), thread.getName());
      }
    }
  }
}
