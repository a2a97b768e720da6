package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import narthex.web.RunningRequests.Sender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunningRequestsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final AtomicLong nanos = new AtomicLong();
  private final RunningRequests requests = new RunningRequests(nanos::get);

  @Test
  void whereNoneIsRunningNobodyWaits() {
    requests.begun(Sender.CLIENT);
    requests.ended(Sender.CLIENT);

    assertTrue(requests.awaitNone(LONG));
  }

  @Test
  void theLastOfThoseThatAreRunningEndsTheWait() throws Exception {
    requests.begun(Sender.CLIENT);
    requests.begun(Sender.CLIENT);
    CompletableFuture<Boolean> waiting =
        CompletableFuture.supplyAsync(() -> requests.awaitNone(LONG));
    requests.ended(Sender.CLIENT);
    assertFalse(waiting.isDone());

    requests.ended(Sender.CLIENT);

    assertTrue(waiting.get(LONG.toSeconds(), TimeUnit.SECONDS));
  }

  @Test
  void oneThatGoesOnIsNotWaitedForForEver() {
    requests.begun(Sender.CLIENT);

    assertFalse(requests.awaitNone(Duration.ofMillis(1)));
    requests.ended(Sender.CLIENT);
  }

  @Test
  void oneThatComesTooLateIsAnsweredAllTheSame() {
    assertTrue(requests.awaitNone(LONG));

    requests.begun(Sender.CLIENT);
    requests.ended(Sender.CLIENT);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void theServerIsQuietAMinuteAfterTheLastRequestOfAClient() {
    Duration minute = Duration.ofMinutes(1);
    assertFalse(requests.isQuietFor(minute));
    pass(minute);
    assertTrue(requests.isQuietFor(minute));

    requests.begun(Sender.CLIENT);
    assertFalse(requests.isQuietFor(minute));
    pass(minute);
    requests.ended(Sender.CLIENT);
    assertFalse(requests.isQuietFor(minute));
    pass(minute);

    assertTrue(requests.isQuietFor(minute));
  }

  @Test
  void requestsOfTheMonitoringDoNotCountAsClients() {
    Duration minute = Duration.ofMinutes(1);
    pass(minute);

    requests.begun(Sender.MONITORING);
    assertTrue(requests.isQuietFor(minute));
    requests.ended(Sender.MONITORING);

    assertTrue(requests.isQuietFor(minute));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/healthz", "/readyz", "/metrics", "/admin/state"})
  void whoLooksAtTheServerRegularlyIsNoClient(String path) {
    assertEquals(Sender.MONITORING, RunningFilter.sender(path));
    assertEquals(Sender.CLIENT, RunningFilter.sender("/nar"));
    assertEquals(Sender.CLIENT, RunningFilter.sender("/admin/paths"));
  }
}
