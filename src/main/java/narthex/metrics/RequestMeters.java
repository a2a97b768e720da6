package narthex.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import narthex.web.FinishedRequest;
import narthex.web.Outcome;
import narthex.web.RequestKind;
import narthex.web.RequestObserver;

/**
 * Counts and times requests of clients. All meters are made at the start and found by position, so
 * that a request costs no search.
 */
final class RequestMeters implements RequestObserver {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(5),
    Duration.ofMillis(25),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofMillis(2_500),
    Duration.ofSeconds(10),
    Duration.ofSeconds(60)
  };

  private static final RequestKind[] KINDS = RequestKind.values();
  private static final Outcome[] OUTCOMES = Outcome.values();
  private static final int HUNDRED = 100;
  private static final int LOWEST_CLASS = 2;
  private static final int HIGHEST_CLASS = 5;

  private final List<OfKind> kinds = new ArrayList<>();

  /** The meters of one kind of request; the lists are in the order of the classes of status. */
  private record OfKind(
      List<Counter> statuses,
      Counter sentBytes,
      Timer time,
      Timer firstByte,
      List<Counter> outcomes,
      List<Counter> outcomeBytes) {}

  RequestMeters(MeterRegistry registry) {
    for (RequestKind kind : KINDS) {
      kinds.add(
          new OfKind(
              statuses(registry, kind),
              Counter.builder("narthex.sent.bytes")
                  .description("Bytes of response bodies")
                  .tag("kind", kind.word())
                  .register(registry),
              timer("narthex.request", "Time until the end of a response", registry, kind),
              timer(
                  "narthex.first.byte",
                  "Time until the first byte of a response's body",
                  registry,
                  kind),
              outcomes("narthex.lookups", "Lookups of narinfos and NARs", registry, kind),
              outcomes(
                  "narthex.lookup.sent.bytes",
                  "Bytes sent in answer to lookups of narinfos and NARs",
                  registry,
                  kind)));
    }
  }

  private static List<Counter> statuses(MeterRegistry registry, RequestKind kind) {
    List<Counter> counters = new ArrayList<>();
    for (int status = LOWEST_CLASS; status <= HIGHEST_CLASS; status++) {
      counters.add(
          Counter.builder("narthex.requests")
              .description("Requests by kind and class of status")
              .tag("kind", kind.word())
              .tag("status", status + "xx")
              .register(registry));
    }
    return counters;
  }

  private static Timer timer(
      String name, String description, MeterRegistry registry, RequestKind kind) {
    return Timer.builder(name)
        .description(description)
        .tag("kind", kind.word())
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  private static List<Counter> outcomes(
      String name, String description, MeterRegistry registry, RequestKind kind) {
    List<Counter> counters = new ArrayList<>();
    if (kind == RequestKind.NARINFO || kind == RequestKind.NAR) {
      for (Outcome outcome : OUTCOMES) {
        if (outcome != Outcome.NONE) {
          counters.add(
              Counter.builder(name)
                  .description(description)
                  .tag("kind", kind.word())
                  .tag("outcome", outcome.word())
                  .register(registry));
        }
      }
    }
    return counters;
  }

  @Override
  public void finished(FinishedRequest request) {
    OfKind meters = kinds.get(request.kind().ordinal());
    int status = Math.min(Math.max(request.status() / HUNDRED, LOWEST_CLASS), HIGHEST_CLASS);
    meters.statuses().get(status - LOWEST_CLASS).increment();
    meters.sentBytes().increment(request.sentBytes());
    meters.time().record(request.nanos(), TimeUnit.NANOSECONDS);
    meters.firstByte().record(request.firstByteNanos(), TimeUnit.NANOSECONDS);
    int outcome = request.outcome().ordinal();
    if (outcome < meters.outcomes().size()) { // NONE is the last
      meters.outcomes().get(outcome).increment();
      meters.outcomeBytes().get(outcome).increment(request.sentBytes());
    }
  }
}
