package narthex.web;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many requests for what the cache has ended in each of the last 60 minutes, and how they were
 * answered. Probes, pages and the administration don't count. In memory only. Thread-safe.
 */
public final class RequestHistory implements RequestObserver {
  private static final int MINUTES = 60;
  private static final Outcome[] OUTCOMES = Outcome.values();

  private static final class Minute {
    final long number;
    final LongAdder requests = new LongAdder();
    final LongAdder sentBytes = new LongAdder();
    final LongAdder[] outcomes = new LongAdder[OUTCOMES.length];

    Minute(long number) {
      this.number = number;
      for (int i = 0; i < outcomes.length; i++) {
        outcomes[i] = new LongAdder();
      }
    }

    long count(Outcome outcome) {
      return outcomes[outcome.ordinal()].sum();
    }
  }

  private final InstantSource clock;
  private final Minute[] ring = new Minute[MINUTES]; // guarded by itself

  /** Begins with an empty history. */
  public RequestHistory(InstantSource clock) {
    this.clock = clock;
    for (int i = 0; i < MINUTES; i++) {
      ring[i] = new Minute(Long.MIN_VALUE);
    }
  }

  @Override
  public void finished(FinishedRequest request) {
    if (request.kind() == RequestKind.OTHER) {
      return;
    }
    Minute minute = minute(now());
    minute.requests.increment();
    minute.sentBytes.add(request.sentBytes());
    minute.outcomes[request.outcome().ordinal()].increment();
  }

  private long now() {
    return TimeUnit.MILLISECONDS.toMinutes(clock.millis());
  }

  private Minute minute(long number) {
    int index = (int) Math.floorMod(number, (long) MINUTES);
    synchronized (ring) {
      if (ring[index].number != number) {
        ring[index] = new Minute(number);
      }
      return ring[index];
    }
  }

  /**
   * Returns the last 60 minutes, the present one last: each with {@code at} in seconds since 1970,
   * all {@code requests}, {@code sentBytes}, and the requests for narinfos and NARs by the word of
   * their outcome.
   */
  List<Map<String, Object>> read() {
    long now = now();
    List<Map<String, Object>> minutes = new ArrayList<>();
    for (long number = now - MINUTES + 1; number <= now; number++) {
      minutes.add(read(number));
    }
    return minutes;
  }

  private Map<String, Object> read(long number) {
    Minute minute = find(number);
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("at", TimeUnit.MINUTES.toSeconds(number));
    shown.put("requests", minute.requests.sum());
    shown.put("sentBytes", minute.sentBytes.sum());
    for (Outcome outcome : OUTCOMES) {
      if (outcome != Outcome.NONE) {
        shown.put(outcome.word(), minute.count(outcome));
      }
    }
    return shown;
  }

  private Minute find(long number) {
    synchronized (ring) {
      Minute minute = ring[(int) Math.floorMod(number, (long) MINUTES)];
      return minute.number == number ? minute : new Minute(number);
    }
  }
}
