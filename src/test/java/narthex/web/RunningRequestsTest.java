package narthex.web;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RunningRequestsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final RunningRequests requests = new RunningRequests();

  @Test
  void whereNoneIsRunningNobodyWaits() {
    requests.begun();
    requests.ended();

    assertTrue(requests.awaitNone(LONG));
  }

  @Test
  void theLastOfThoseThatAreRunningEndsTheWait() throws Exception {
    requests.begun();
    requests.begun();
    CompletableFuture<Boolean> waiting =
        CompletableFuture.supplyAsync(() -> requests.awaitNone(LONG));
    requests.ended();
    assertFalse(waiting.isDone());

    requests.ended();

    assertTrue(waiting.get(LONG.toSeconds(), TimeUnit.SECONDS));
  }

  @Test
  void oneThatGoesOnIsNotWaitedForForEver() {
    requests.begun();

    assertFalse(requests.awaitNone(Duration.ofMillis(1)));
    requests.ended();
  }

  @Test
  void oneThatComesTooLateIsAnsweredAllTheSame() {
    assertTrue(requests.awaitNone(LONG));

    requests.begun();
    requests.ended();
  }
}
