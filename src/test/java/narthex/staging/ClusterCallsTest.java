package narthex.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.testing.LogRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls into a cluster that doesn't answer. */
class ClusterCallsTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final ClusterCalls calls = new ClusterCalls(threads, Duration.ofMillis(1));

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void anAnswerThatDoesNotComeIsThatOfAReplicaAlone() {
    assertEquals("alone", calls.ask("claim", "alone", CompletableFuture::new));
  }

  @Test
  void aCallThatBlocksIsLeftBehind() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    String answer =
        calls.ask(
            "claim",
            "alone",
            () -> {
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                interrupted.countDown();
              }
              return new CompletableFuture<String>();
            });
    assertEquals("alone", answer);
    threads.shutdownNow();
    assertTrue(interrupted.await(30, TimeUnit.SECONDS));
  }

  private void missAnswers(int count) {
    for (int i = 0; i < count; i++) {
      assertEquals("alone", calls.ask("claim", "alone", CompletableFuture::new));
    }
  }

  @Test
  void afterSomeCallsWithoutAnswerOthersDoNotWait() {
    missAnswers(ClusterCalls.LATE_IN_A_ROW);
    AtomicBoolean asked = new AtomicBoolean();
    String answer =
        calls.ask(
            "claim",
            "alone",
            () -> {
              asked.set(true);
              return CompletableFuture.completedFuture("theirs");
            });
    assertEquals("alone", answer);
    assertFalse(asked.get());
  }

  @Test
  void oneLateAnswerConcernsItsOwnCallOnly() {
    ClusterCalls patient = new ClusterCalls(threads, Duration.ofSeconds(3));
    for (int round = 0; round < 2; round++) {
      for (int i = 1; i < ClusterCalls.LATE_IN_A_ROW; i++) {
        assertEquals("alone", patient.ask("claim", "alone", CompletableFuture::new));
      }
      assertEquals(
          "theirs",
          patient.ask("claim", "alone", () -> CompletableFuture.completedFuture("theirs")));
    }
  }

  @Test
  void whatIsToldStillReachesTheClusterLater() throws Exception {
    missAnswers(ClusterCalls.LATE_IN_A_ROW);
    CountDownLatch told = new CountDownLatch(1);
    calls.tell(
        "publish",
        () -> {
          told.countDown();
          return new CompletableFuture<>();
        });
    assertTrue(told.await(30, TimeUnit.SECONDS));
  }

  @Test
  void aFailureIsNoExceptionAndIsLoggedOnce() {
    try (LogRecords log = LogRecords.listen()) {
      ClusterCalls patient = new ClusterCalls(threads, Duration.ofSeconds(30));
      for (int i = 0; i < 3; i++) {
        assertEquals(
            "alone",
            patient.ask(
                "claim",
                "alone",
                () -> CompletableFuture.failedFuture(new IllegalStateException("broken"))));
      }
      assertEquals(1, log.ours().size());
      assertTrue(log.ours().get(0).contains("broken"), log.ours()::toString);
    }
  }

  @Test
  void aFullQueueIsNoException() {
    threads.shutdown();
    assertEquals("alone", calls.ask("claim", "alone", CompletableFuture::new));
    calls.tell("publish", CompletableFuture::new);
  }
}
