package narthex.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.stream.DecoderShare.Watch;
import narthex.testing.Soon;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedWorkTest {
  private static final Watch STAYS = () -> {};

  private final SharedWork<String> works = new SharedWork<>(Duration.ofMinutes(1));
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final IOException gone = new IOException("client gone");

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private Watch leaving() {
    return () -> {
      throw gone;
    };
  }

  private void awaitWaiting(int wanted) {
    Soon.await("waiting clients").until(works::waiting, waiting -> waiting == wanted);
  }

  @Test
  void workEndsWhenItsOnlyClientHasLeft() {
    IOException thrown =
        assertThrows(
            IOException.class,
            () ->
                works.ask(
                    "a",
                    leaving(),
                    watch -> {
                      watch.look();
                      return true;
                    }));

    assertSame(gone, thrown);
  }

  @Test
  void workGoesOnUntilTheLastClientHasLeft() throws Exception {
    CountDownLatch working = new CountDownLatch(1);
    CountDownLatch lookedForBoth = new CountDownLatch(1);
    AtomicBoolean secondLeaves = new AtomicBoolean();
    Future<Boolean> first =
        threads.submit(
            () ->
                works.ask(
                    "a",
                    leaving(),
                    watch -> {
                      working.countDown();
                      awaitWaiting(1);
                      watch.look();
                      lookedForBoth.countDown();
                      awaitWaiting(0);
                      watch.look();
                      return true;
                    }));
    working.await();
    Future<Boolean> second =
        threads.submit(
            () ->
                works.ask(
                    "a",
                    () -> {
                      if (secondLeaves.get()) {
                        throw gone;
                      }
                    },
                    watch -> false));
    lookedForBoth.await();

    secondLeaves.set(true);

    assertSame(gone, assertThrows(ExecutionException.class, second::get).getCause());
    assertSame(gone, assertThrows(ExecutionException.class, first::get).getCause());
  }

  @Test
  void oneClientWorksForAllWhoWait() throws Exception {
    CountDownLatch working = new CountDownLatch(1);
    Future<Boolean> first =
        threads.submit(
            () ->
                works.ask(
                    "a",
                    leaving(),
                    watch -> {
                      working.countDown();
                      awaitWaiting(2);
                      watch.look();
                      return true;
                    }));
    working.await();

    Future<Boolean> second = threads.submit(() -> works.ask("a", STAYS, watch -> false));
    Future<Boolean> third = threads.submit(() -> works.ask("a", STAYS, watch -> false));

    assertTrue(first.get());
    assertTrue(second.get());
    assertTrue(third.get());
    assertEquals(0, works.waiting());
  }

  @Test
  void whoAsksAfterTheWorkWasGivenUpBeginsAgain() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    CountDownLatch rest = new CountDownLatch(1);
    Future<Boolean> first =
        threads.submit(
            () ->
                works.ask(
                    "a",
                    leaving(),
                    watch -> {
                      try {
                        watch.look();
                        return true;
                      } finally {
                        givenUp.countDown();
                        awaitQuietly(rest);
                      }
                    }));
    givenUp.await();

    assertTrue(works.ask("a", STAYS, watch -> true));

    rest.countDown();
    assertThrows(ExecutionException.class, first::get);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
