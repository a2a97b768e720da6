package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestHistoryTest {
  private Instant now = Instant.parse("2026-11-26T12:00:59Z");
  private final RequestHistory history = new RequestHistory(() -> now);

  private void finish(Outcome outcome) {
    history.finished(new FinishedRequest(RequestKind.NAR, "GET", 200, 10, outcome, 1, 2));
  }

  @Test
  void requestsAreCountedInTheMinuteInWhichTheyEnd() {
    finish(Outcome.HIT);
    finish(Outcome.MISS);
    now = now.plusSeconds(1);
    finish(Outcome.HIT);

    List<Map<String, Object>> minutes = history.read();

    assertEquals(60, minutes.size());
    Map<String, Object> last = minutes.get(59);
    assertEquals(Instant.parse("2026-11-26T12:01:00Z").getEpochSecond(), last.get("at"));
    assertEquals(1L, last.get("requests"));
    assertEquals(1L, last.get("hit"));
    assertEquals(2L, minutes.get(58).get("requests"));
    assertEquals(20L, minutes.get(58).get("sentBytes"));
    assertEquals(1L, minutes.get(58).get("miss"));
    assertEquals(0L, minutes.get(57).get("requests"));
  }

  @Test
  void requestsForPagesDoNotCount() {
    history.finished(new FinishedRequest(RequestKind.OTHER, "GET", 200, 10, Outcome.NONE, 1, 2));

    assertEquals(0L, history.read().get(59).get("requests"));
  }

  @Test
  void whatIsOlderThanAnHourIsForgotten() {
    finish(Outcome.HIT);

    now = now.plus(Duration.ofMinutes(59));
    assertEquals(1L, history.read().get(0).get("hit"));
    now = now.plus(Duration.ofMinutes(1));

    assertEquals(0L, history.read().stream().mapToLong(minute -> (Long) minute.get("hit")).sum());
    finish(Outcome.HIT);
    assertEquals(1L, history.read().get(59).get("hit"));
  }
}
