package narthex.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import narthex.blob.Extent;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk has no space for SQLite's log, except that of the reserve. */
class FullDiskTest {
  private static final int SQLITE_FULL = 13;
  private static final NarInfo SAID = Sample.of(130, Compression.XZ).narInfo();

  @TempDir Path folder;
  private final AtomicBoolean full = new AtomicBoolean();
  private Path reserve;
  private ConnectionPool pool;
  private Database database;

  @BeforeEach
  void open() throws IOException {
    Path file = folder.resolve("narthex.db");
    reserve = folder.resolve("narthex.db-reserve");
    pool = ConnectionPool.open(new DatabaseAddress("jdbc:sqlite:" + file, null, null, null));
    DiskReserve kept = new DiskReserve(reserve);
    database = Database.over(failing(pool.connections()), "sqlite", kept);
    database.storeNarInfo(
        new NarInfoRow(SAID, "http://upstream", SAID.nar().hash().nix32(), Instant.EPOCH));
    database.storeRepresentation(
        SAID.nar(),
        new Representation(
            Form.WHOLE, Compression.XZ, SAID.nar().hash(), 5, List.of(new Extent("a", 0, 5, 5))),
        Instant.EPOCH);
    kept.keep();
    full.set(true);
  }

  @AfterEach
  void close() {
    pool.close();
  }

  /** Connections whose commit fails as long as the disk is full and the reserve exists. */
  private DataSource failing(DataSource connections) {
    return proxy(
        DataSource.class,
        connections,
        (name, result) ->
            name.equals("getConnection")
                ? proxy(Connection.class, (Connection) result, (call, same) -> same)
                : result);
  }

  /** An action on the result of a call. */
  private interface After {
    Object apply(String name, Object result) throws SQLException;
  }

  private <T> T proxy(Class<T> type, T target, After after) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              if (method.getName().equals("commit") && full.get() && Files.exists(reserve)) {
                throw new SQLException("database or disk is full", null, SQLITE_FULL);
              }
              try {
                return after.apply(method.getName(), method.invoke(target, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  @Test
  void whatIsStoredFailsAndLeavesTheReserve() {
    assertThrows(
        IOException.class,
        () ->
            database.storeNarInfo(
                new NarInfoRow(SAID, "http://other", SAID.nar().hash().nix32(), Instant.EPOCH)));

    assertTrue(Files.exists(reserve));
  }

  @Test
  void rowsAreDeletedInTheRoomOfTheReserve() throws IOException {
    database.deleteNarInfo(SAID.storePath().hash());
    assertEquals(Optional.empty(), database.findNarInfo(SAID.storePath().hash()));
    assertTrue(database.garbage().deleteUnnamedNar(SAID.nar().hash(), Instant.MAX, Instant.EPOCH));
    assertEquals(Optional.empty(), database.findNar(SAID.nar().hash()));
    assertEquals(List.of("a"), database.garbage().findDue(Instant.now(), Optional.empty(), 10));
  }

  @Test
  void theReserveIsMadeAgainWhenThereIsRoom() throws IOException {
    full.set(false);
    Files.delete(reserve);

    database.deleteNarInfo(SAID.storePath().hash());

    assertTrue(Files.size(reserve) > 0);
  }

  @Test
  void anSqliteFileHasItsReserveBesideIt() throws IOException {
    Path other = folder.resolve("other.db");
    Database.open(new DatabaseAddress("jdbc:sqlite:" + other, null, null, null)).close();

    assertTrue(Files.exists(folder.resolve("other.db-reserve")));
  }
}
