package narthex.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** PostgreSQL ends connections while they are used, as it does when it restarts. */
class BrokenConnectionTest {
  private static final int BROKEN_CONNECTIONS = 5;

  private static EmbeddedPostgres server;
  private static DatabaseAddress address;

  @BeforeAll
  static void startServer() throws Exception {
    server = EmbeddedPostgres.builder().start();
    address =
        new DatabaseAddress(
            "jdbc:postgresql://localhost:" + server.getPort() + "/postgres",
            "postgres",
            "postgres",
            null);
    Database.open(address).close();
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  /** Ends the session of this connection, as a restart of the server does. */
  private static void breakOff(Mappers mappers) {
    try (Connection other = server.getPostgresDatabase().getConnection();
        Statement ours = mappers.connection().createStatement();
        ResultSet session = ours.executeQuery("select pg_backend_pid()");
        PreparedStatement end = other.prepareStatement("select pg_terminate_backend(?, 10000)")) {
      session.next();
      end.setInt(1, session.getInt(1));
      end.execute();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aQueryIsRepeatedUntilItGetsAConnectionThatIsNotBroken() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    try (ConnectionPool pool = ConnectionPool.open(address)) {
      Transactions transactions =
          new Transactions(pool.connections(), null, WriteTurns.of(Product.POSTGRESQL));

      Optional<String> sizes =
          transactions.single(
              "find",
              "x",
              mappers -> {
                if (attempts.incrementAndGet() <= BROKEN_CONNECTIONS) {
                  breakOff(mappers);
                }
                return Optional.ofNullable(mappers.chunks().findSizes());
              });

      assertEquals(Optional.empty(), sizes);
      assertEquals(BROKEN_CONNECTIONS + 1, attempts.get());
    }
  }

  @Test
  void aTransactionIsRepeatedIfItsConnectionBreaksBeforeTheCommit() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    try (ConnectionPool pool = ConnectionPool.open(address)) {
      Transactions transactions =
          new Transactions(pool.connections(), null, WriteTurns.of(Product.POSTGRESQL));
      long before = transactions.single("find", "x", mappers -> mappers.chunks().nextNumber());

      long after =
          transactions.together(
              "advance",
              "x",
              mappers -> {
                mappers.chunks().advance(3);
                if (attempts.incrementAndGet() <= BROKEN_CONNECTIONS) {
                  breakOff(mappers);
                }
                return mappers.chunks().nextNumber();
              });

      assertEquals(before + 3, after);
      assertEquals(BROKEN_CONNECTIONS + 1, attempts.get());
    }
  }

  @Test
  void aDatabaseThatBreaksEveryConnectionIsAFailureInTheEnd() throws Exception {
    try (ConnectionPool pool = ConnectionPool.open(address)) {
      Transactions transactions =
          new Transactions(pool.connections(), null, WriteTurns.of(Product.POSTGRESQL));

      assertThrows(
          DatabaseException.class,
          () ->
              transactions.single(
                  "find",
                  "x",
                  mappers -> {
                    breakOff(mappers);
                    return mappers.chunks().nextNumber();
                  }));
    }
  }
}
