package narthex.db;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * What the replicas of a cluster share besides the store: texts such as their secret, and the table
 * in which they find each other. Thread-safe.
 */
public final class ClusterTable {
  private final ConnectionPool pool;
  private final Transactions transactions;

  ClusterTable(ConnectionPool pool, Transactions transactions) {
    this.pool = pool;
    this.transactions = transactions;
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
