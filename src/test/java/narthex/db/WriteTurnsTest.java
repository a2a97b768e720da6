package narthex.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many writers of an SQLite database, with the connections that a server has. */
class WriteTurnsTest {
  /** More than there are connections. */
  private static final int WRITERS = 12;

  /** Less than a writer waits. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final List<Integer> order = new ArrayList<>();
  @TempDir Path folder;
  private ConnectionPool pool;
  private Transactions transactions;

  @BeforeEach
  void open() throws Exception {
    DatabaseAddress address =
        new DatabaseAddress("jdbc:sqlite:" + folder.resolve("turns.db"), null, null, null);
    Database.open(address).close();
    pool = ConnectionPool.open(address);
    transactions = new Transactions(pool.connections(), null, WriteTurns.of(pool.product()));
  }

  @AfterEach
  void close() {
    mayEnd.countDown();
    threads.shutdownNow();
    pool.close();
  }

  private CompletableFuture<Void> write(int writer, boolean waits) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            transactions.together(
                "write",
                "x",
                mappers -> {
                  mappers.chunks().advance(1);
                  order.add(writer);
                  begun.countDown();
                  if (waits) {
                    awaitEnd();
                  }
                  return null;
                });
          } catch (DatabaseException e) {
            throw new IllegalStateException(e);
          }
        },
        threads);
  }

  private void awaitEnd() {
    try {
      assertTrue(mayEnd.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @Timeout(60)
  void readersGetAConnectionWhileManyWait() throws Exception {
    List<CompletableFuture<Void>> writers = new ArrayList<>(List.of(write(0, true)));
    assertTrue(begun.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    for (int i = 1; i <= WRITERS; i++) {
      writers.add(write(i, false));
      while (transactions.waiting() < i) {
        assertFalse(Thread.interrupted(), "the writers do not wait in turn"); // by the timeout
      }
    }

    Long before = transactions.single("read", "x", mappers -> mappers.chunks().nextNumber());

    mayEnd.countDown();
    CompletableFuture.allOf(writers.toArray(CompletableFuture[]::new))
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertEquals(1L, before);
    assertEquals(
        Long.valueOf(before + 1 + WRITERS),
        transactions.single("read", "x", mappers -> mappers.chunks().nextNumber()));
    for (int i = 0; i <= WRITERS; i++) {
      assertEquals(i, order.get(i));
    }
  }
}
