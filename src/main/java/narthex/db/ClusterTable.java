package narthex.db;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * What the replicas of a cluster share besides the store: texts such as their secret, and the table
 * in which they find each other. Thread-safe.
 */
public final class ClusterTable {
  private static final Logger LOG = System.getLogger(ClusterTable.class.getName());
  private static final Duration TURN_WAIT = Duration.ofSeconds(30);

  /** An arbitrary number, unlikely to be used by others: "cluster" in ASCII. */
  private static final long TURN_LOCK = 0x636c7573746572L;

  private static final String LOCK_NOT_AVAILABLE = "55P03";

  private final ConnectionPool pool;
  private final Transactions transactions;

  ClusterTable(ConnectionPool pool, Transactions transactions) {
    this.pool = pool;
    this.transactions = transactions;
  }

  /** Something that throws only {@link IOException}. */
  @FunctionalInterface
  public interface Work<T> {
    /** Does it. */
    T run() throws IOException;
  }

  /**
   * Does something while no other replica does, so that they join the cluster one after the other.
   * Waits for others 30 seconds at most, then does it all the same.
   *
   * @throws IOException if the work throws it, or the database can't be reached
   */
  public <T> T inTurn(Work<T> work) throws IOException {
    try (Connection connection = pool.connections().getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      try {
        awaitTurn(connection);
        return work.run();
      } finally {
        connection.rollback(); // ends the turn
        connection.setAutoCommit(autoCommit);
      }
    } catch (SQLException e) {
      throw DatabaseException.of("take turns", pool.place(), e);
    }
  }

  private static void awaitTurn(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("set local lock_timeout = '" + TURN_WAIT.toMillis() + "ms'");
      statement.execute("select pg_advisory_xact_lock(" + TURN_LOCK + ")");
    } catch (SQLException e) {
      if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
        throw e;
      }
      LOG.log(Level.WARNING, "another replica takes long to join, not waiting any longer");
    }
  }

  /** The connections, for the library that keeps the rows of {@code cluster_member}. */
  public DataSource connections() {
    return pool.connections();
  }

  /**
   * Whether several replicas can share this database.
   *
   * @throws DatabaseException if it can't be reached
   */
  public boolean isShareable() throws IOException {
    try (Connection connection = pool.connections().getConnection()) {
      return Product.of(connection, pool.place()) == Product.POSTGRESQL;
    } catch (SQLException e) {
      throw DatabaseException.of("open database", pool.place(), e);
    }
  }

  /**
   * Finds a text.
   *
   * @throws DatabaseException if the query fails
   */
  public Optional<String> find(String name) throws IOException {
    return transactions.single(
        "find shared text", name, mappers -> Optional.ofNullable(mappers.sharedTexts().find(name)));
  }

  /**
   * Stores a text unless there is one, and returns the one that is stored. All replicas that start
   * at the same time get the same.
   *
   * @throws DatabaseException if the transaction fails
   */
  public String findOrStore(String name, String first) throws IOException {
    Optional<String> known = find(name);
    return known.isPresent()
        ? known.get()
        : transactions.together(
            "store shared text",
            name,
            mappers -> {
              mappers.sharedTexts().add(name, first);
              return Objects.requireNonNullElse(mappers.sharedTexts().find(name), first);
            });
  }

  /**
   * Stores a text in place of the one that is stored.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void replace(String name, String value) throws IOException {
    transactions.together(
        "store shared text",
        name,
        mappers -> {
          mappers.sharedTexts().replace(name, value);
          return null;
        });
  }
}
