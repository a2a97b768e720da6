package narthex.configs;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A PostgreSQL with the database, user and password of the files in server-configs. */
final class SharedDatabase implements AutoCloseable {
  private static final String TABLES =
      "select count(*) from information_schema.tables where table_name = 'narinfo'";

  private final EmbeddedPostgres server;

  private SharedDatabase(EmbeddedPostgres server) {
    this.server = server;
  }

  static SharedDatabase start() throws IOException, SQLException {
    SharedDatabase database = new SharedDatabase(EmbeddedPostgres.builder().start());
    try (Connection connection = database.server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create user narthex password 'secret'");
      statement.execute("create database narthex owner narthex");
    }
    return database;
  }

  /** Returns the configuration with the port of this server in the database URL. */
  String in(String config) {
    return config.replace(
        "jdbc:postgresql://localhost/", "jdbc:postgresql://localhost:" + server.getPort() + "/");
  }

  /** Whether Narthex has created its tables. */
  boolean isUsed() throws SQLException {
    try (Connection connection = server.getDatabase("narthex", "narthex").getConnection();
        Statement statement = connection.createStatement();
        ResultSet tables = statement.executeQuery(TABLES)) {
      return tables.next() && tables.getInt(1) > 0;
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
