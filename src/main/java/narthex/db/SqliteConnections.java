package narthex.db;

import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.Executor;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;
import org.sqlite.jdbc4.JDBC4Connection;

/**
 * Opens connections to a SQLite file that can be aborted. The driver's own {@code abort} does
 * nothing. So a connection that was in use while the pool closed stayed open, with its three files,
 * as long as the process ran. Thread-safe.
 */
final class SqliteConnections extends SQLiteDataSource {
  private static final String PREFIX = "jdbc:sqlite:";

  private final Properties properties;

  /**
   * @param properties the driver's properties for each connection; not changed afterwards
   */
  SqliteConnections(String url, Properties properties) {
    this.properties = properties;
    setUrl(url.strip());
  }

  @Override
  public SQLiteConnection getConnection(String user, String password) throws SQLException {
    return new Abortable(getUrl(), getUrl().substring(PREFIX.length()), properties);
  }

  private static final class Abortable extends JDBC4Connection {
    Abortable(String url, String file, Properties properties) throws SQLException {
      super(url, file, properties);
    }

    /** Closes the connection, after the statement that runs. Later statements fail. */
    @Override
    public void abort(Executor executor) throws SQLException {
      close();
    }
  }
}
