package narthex.db;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import narthex.blob.DurableFolders;

/**
 * Copies of an SQLite database while it is used. PostgreSQL has its own tools for this, such as
 * {@code pg_dump}.
 */
public final class DatabaseCopy {
  private DatabaseCopy() {}

  /** Returns whether the database can be copied: whether it is an SQLite file of our own pool. */
  public static boolean isPossible(Database database) {
    HikariDataSource own = database.pool.own();
    return own != null && own.getDataSource() instanceof SqliteConnections;
  }

  /**
   * Writes the committed rows of one moment to a new file, and syncs it to disk. Writers go on
   * meanwhile.
   *
   * @param file must not exist
   * @throws DatabaseException if the copy fails; there may be a part of the file
   */
  public static void write(Database database, Path file) throws IOException {
    try (Connection connection = database.pool.connections().getConnection();
        PreparedStatement statement = connection.prepareStatement("vacuum into ?")) {
      statement.setString(1, file.toString());
      statement.execute();
    } catch (SQLException e) {
      throw DatabaseException.of("copy database", file.toString(), e);
    }
    DurableFolders.syncFile(file);
  }

  /**
   * Opens a copy, and migrates it to this version; the caller closes the result.
   *
   * @throws DatabaseException if it can't be opened, or was migrated by a newer Narthex
   */
  public static Database open(Path file) throws IOException {
    DatabaseAddress address = new DatabaseAddress("jdbc:sqlite:" + file, null, null, null);
    return Database.over(ConnectionPool.open(address), null);
  }
}
