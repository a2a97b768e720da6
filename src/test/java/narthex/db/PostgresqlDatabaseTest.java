package narthex.db;

import static narthex.db.Rows.NOON;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.FutureTask;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import narthex.testing.Soon;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PostgresqlDatabaseTest extends DatabaseContract {
  private static final int NARS = 16;

  private static EmbeddedPostgres server;
  private static int databases;

  @BeforeAll
  static void startServer() throws Exception {
    server = EmbeddedPostgres.builder().start();
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  @Override
  DatabaseAddress newDatabase() throws Exception {
    String name = "narthex" + ++databases;
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create database " + name);
    }
    return new DatabaseAddress(
        "jdbc:postgresql://localhost:" + server.getPort() + "/" + name,
        "postgres",
        "postgres",
        null);
  }

  private static boolean isAnyoneWaiting(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      ResultSet rows = statement.executeQuery("select count(*) from pg_locks where not granted");
      assertTrue(rows.next());
      return rows.getInt(1) > 0;
    }
  }

  @Test
  void narsAreLockedInTheSameOrderToEvictThemAsToStoreTheirUses() throws Exception {
    for (int i = 1; i <= NARS; i++) {
      int nar = i << 8 | NARS - i; // sorted as text the other way round than as bytes
      database.storeRepresentation(Rows.nar(nar), Rows.file(Compression.XZ, nar), NOON);
    }
    List<UsedNar> found = database.uses().find(Optional.empty(), Long.MAX_VALUE, NARS);
    String first = found.stream().map(nar -> nar.hash().nix32()).sorted().findFirst().orElseThrow();
    FutureTask<Set<Sha256>> evicting = new FutureTask<>(() -> database.uses().evict(found, NOON));
    Thread thread = new Thread(evicting);
    try (ConnectionPool pool = ConnectionPool.open(settings());
        Connection holder = pool.connections().getConnection();
        Connection other = pool.connections().getConnection()) {
      holder.setAutoCommit(false);
      execute(holder, "select 1 from nar where nar_hash = '" + first + "' for update");
      thread.start();
      Soon.await("eviction waits").until(() -> !thread.isAlive() || isAnyoneWaiting(other));

      // Fails if the eviction holds one of them already.
      execute(holder, "select 1 from nar where nar_hash <> '" + first + "' for update nowait");

      holder.rollback();
    }
    assertEquals(NARS, evicting.get().size());
  }
}
