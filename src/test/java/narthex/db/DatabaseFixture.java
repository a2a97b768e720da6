package narthex.db;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A new and empty database for each test. */
abstract class DatabaseFixture {
  private DatabaseAddress settings;
  Database database;

  /** The address of a new, empty database. */
  abstract DatabaseAddress newDatabase() throws Exception;

  @BeforeEach
  final void open() throws Exception {
    settings = newDatabase();
    database = Database.open(settings);
  }

  @AfterEach
  final void close() {
    database.close();
  }

  final DatabaseAddress settings() {
    return settings;
  }

  final int count(String table) throws Exception {
    try (ConnectionPool pool = ConnectionPool.open(settings);
        Connection connection = pool.connections().getConnection();
        Statement statement = connection.createStatement()) {
      var rows = statement.executeQuery("select count(*) from " + table);
      assertTrue(rows.next());
      return rows.getInt(1);
    }
  }

  public final void execute(String sql) throws Exception {
    try (ConnectionPool pool = ConnectionPool.open(settings);
        Connection connection = pool.connections().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static void execute(Connection connection, String sql) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
