package narthex.db;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;
import org.apache.ibatis.jdbc.RuntimeSqlException;
import org.apache.ibatis.jdbc.ScriptRunner;

/**
 * Migrates a database to this version of Narthex. There are no down-migrations.
 *
 * <h2>Races</h2>
 *
 * Each script runs in one transaction together with the insertion of its version row. The
 * transaction first takes a lock (PostgreSQL: an advisory lock until its end; SQLite: the write
 * lock), and only then reads the version of the database. So replicas that start at the same time
 * run each script once.
 */
final class Migrations {
  private static final Logger LOG = System.getLogger(Migrations.class.getName());

  /** The scripts in order, the first for version 1. Never change a released script; add one. */
  static final List<String> SCRIPTS =
      List.of(
          "V001__narinfo_nar_and_file_name.sql",
          "V002__several_files_of_a_nar.sql",
          "V003__document.sql",
          "V004__chunk.sql",
          "V005__chunking_queue.sql",
          "V006__garbage.sql",
          "V007__name_of_frames.sql",
          "V008__blob_owner.sql",
          "V009__cluster.sql",
          "V010__lease.sql",
          "V011__collection.sql",
          "V012__nar_use.sql",
          "V014__pin.sql",
          "V015__fsck.sql",
          "V016__repack.sql",
          "V017__narinfos_of_a_nar.sql",
          "V019__nar_by_size.sql",
          "V020__nar_uses.sql");

  /** An arbitrary number, unlikely to be used by others: "narthex" in ASCII. */
  private static final long ADVISORY_LOCK = 0x6e617274686578L;

  private final List<String> scripts;

  /** Runs these scripts, in this order. */
  Migrations(List<String> scripts) {
    this.scripts = scripts;
  }

  /**
   * Runs the scripts that have not run yet.
   *
   * @return how many scripts ran
   * @throws DatabaseException if a script fails, or a newer Narthex has migrated the database
   */
  int apply(DataSource connections, String place) throws DatabaseException {
    try (Connection connection = connections.getConnection()) {
      Product product = Product.of(connection, place);
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      try {
        int count = 0;
        while (applyNext(connection, product, place)) {
          count++;
        }
        return count;
      } catch (SQLException | RuntimeException | IOException e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(autoCommit);
      }
    } catch (DatabaseException e) {
      throw e;
    } catch (SQLException | IOException | RuntimeSqlException e) {
      throw DatabaseException.of("migrate database", place, e);
    }
  }

  private boolean applyNext(Connection connection, Product product, String place)
      throws SQLException, IOException {
    int version = lockAndReadVersion(connection, product);
    if (version > scripts.size()) {
      throw new DatabaseException(
          "migrate database",
          place,
          String.format(
              Locale.ROOT,
              "was migrated by a newer Narthex: has version %d, this one knows up to %d",
              version,
              scripts.size()),
          null);
    }
    if (version == scripts.size()) {
      connection.commit();
      return false;
    }
    String name = scripts.get(version);
    // ScriptRunner commits at the end of the script, so the script must insert the row.
    String script =
        read(name)
            + String.format(
                Locale.ROOT,
                "\n"
                    + "insert into schema_version (version, script, applied_at) values (%d, '%s',"
                    + " %d);\n",
                version + 1,
                name,
                System.currentTimeMillis());
    ScriptRunner runner = new ScriptRunner(connection);
    runner.setStopOnError(true);
    runner.setLogWriter(null);
    runner.setErrorLogWriter(null);
    runner.runScript(new StringReader(script));
    LOG.log(Level.INFO, "database migrated version=" + (version + 1) + " script=" + name);
    return true;
  }

  private static int lockAndReadVersion(Connection connection, Product product)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (product == Product.POSTGRESQL) {
        statement.execute("select pg_advisory_xact_lock(" + ADVISORY_LOCK + ")");
      }
      statement.execute(
          "create table if not exists schema_version ("
              + "version integer primary key, script text not null, applied_at bigint not null)");
      // Deletes nothing, but takes SQLite's write lock.
      statement.execute("delete from schema_version where version < 0");
      try (ResultSet row = statement.executeQuery("select max(version) from schema_version")) {
        return row.next() ? row.getInt(1) : 0;
      }
    }
  }

  private static String read(String script) throws IOException {
    try (InputStream text = Migrations.class.getResourceAsStream("migration/" + script)) {
      if (text == null) {
        throw new IOException("migration script " + script + " is missing");
      }
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
