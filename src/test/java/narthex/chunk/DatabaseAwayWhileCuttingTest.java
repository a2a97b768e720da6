package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import narthex.db.DatabaseTries;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The database fails while a NAR comes in, and works again after the first failure is logged. */
class DatabaseAwayWhileCuttingTest extends ChunkStoreFixture {

  @ParameterizedTest
  @ValueSource(strings = {"chunk", "chunking"})
  void aNarIsCutAlthoughTheDatabaseFailsForAMoment(String table) throws Exception {
    byte[] nar = new byte[200_000];
    new Random(1).nextBytes(nar);
    AtomicInteger failures = new AtomicInteger();
    Handler mending =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            if (failures.incrementAndGet() == 1) {
              rename("away", table);
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger tries = Logger.getLogger(DatabaseTries.class.getName());
    tries.addHandler(mending);
    rename(table, "away");
    try (ChunkedWriter writer = store.begin()) {
      writer.write(nar, 0, nar.length);
      writer.finish();
      assertTrue(writer.store(id(nar), NOON));
    } finally {
      tries.removeHandler(mending);
    }
    assertEquals(1, failures.get());
  }

  private void rename(String from, String to) {
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement()) {
      statement.execute("alter table " + from + " rename to " + to);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
