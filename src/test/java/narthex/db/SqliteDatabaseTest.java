package narthex.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteDatabaseTest extends DatabaseContract {
  private static Path folder;
  private static int databases;

  @BeforeAll
  static void useFolder(@TempDir Path shared) {
    folder = shared;
  }

  @Override
  DatabaseAddress newDatabase() {
    Path file = folder.resolve("new folder " + ++databases).resolve("narthex.db");
    return new DatabaseAddress("jdbc:sqlite:" + file, null, null, null);
  }

  @Test
  void theFolderOfTheFileIsMade() {
    assertTrue(Files.exists(folder.resolve("new folder " + databases).resolve("narthex.db")));
  }

  @Test
  void commitsReachTheDiskAndForeignKeysHold() throws Exception {
    try (ConnectionPool pool = ConnectionPool.open(settings());
        Connection connection = pool.connections().getConnection()) {
      assertEquals("wal", pragma(connection, "journal_mode"));
      assertEquals("2", pragma(connection, "synchronous"));
      assertEquals("30000", pragma(connection, "busy_timeout"));
      assertEquals("1", pragma(connection, "foreign_keys"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"jdbc:sqlite:", "jdbc:sqlite::memory:", "jdbc:h2:mem:x", "jdbc:mysql://a/b"})
  void aDatabaseThatDoesNotKeepRowsOrIsUnknownIsRefusedInOneLine(String url) {
    DatabaseException refusal =
        assertThrows(
            DatabaseException.class,
            () -> Database.open(new DatabaseAddress(url, null, null, null)));

    assertEquals(1, String.valueOf(refusal.getMessage()).lines().count());
  }

  @Test
  void aJndiNameThatIsNotThereIsRefusedInOneLine() {
    DatabaseAddress jndi = new DatabaseAddress(null, null, null, "jdbc/nowhere");

    DatabaseException refusal = assertThrows(DatabaseException.class, () -> Database.open(jndi));

    assertTrue(String.valueOf(refusal.getMessage()).contains("jdbc/nowhere"));
    assertEquals(1, String.valueOf(refusal.getMessage()).lines().count());
  }

  @Test
  void passwordsAreNeverPrinted() {
    DatabaseAddress settings =
        new DatabaseAddress("jdbc:postgresql://u:hidden@h/d?password=hidden", "u", "hidden", null);

    assertEquals("DatabaseAddress[jdbc:postgresql://h/d]", settings.toString());
  }

  private static String pragma(Connection connection, String name) throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("pragma " + name)) {
      assertTrue(row.next());
      return row.getString(1);
    }
  }
}
