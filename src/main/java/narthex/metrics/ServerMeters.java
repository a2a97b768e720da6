package narthex.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import narthex.stream.DecoderBudget;
import narthex.upstream.UpstreamObserver;
import narthex.upstream.UpstreamState;
import narthex.upstream.Upstreams;
import narthex.web.RunningRequests;

/** Measures the parts of a server that work on requests. */
public final class ServerMeters {
  private static final Duration[] UPSTREAM_BUCKETS = {
    Duration.ofMillis(25),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofMillis(2_500),
    Duration.ofSeconds(10)
  };

  private static final String UPSTREAM = "upstream";

  private final MeterRegistry registry;

  ServerMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  private void gauge(String name, String description, IntSupplier value) {
    Gauge.builder(name, () -> value.getAsInt()).description(description).register(registry);
  }

  /** Measures the requests of clients that run now. */
  public void watch(RunningRequests running) {
    gauge("narthex.requests.running", "Requests of clients that run now", running::ofClients);
    gauge("narthex.followers", "Requests that read a NAR that comes in", running::followers);
  }

  /** Measures the requests to upstreams, and their breakers. */
  public void watch(Upstreams upstreams) {
    Map<String, Map<UpstreamObserver.Result, Timer>> timers = new HashMap<>();
    for (UpstreamState upstream : upstreams.states()) {
      timers.put(upstream.base(), upstreamTimers(upstream.base()));
      Gauge.builder(
              "narthex.upstream.suspended", () -> isSuspended(upstreams, upstream.base()) ? 1 : 0)
          .description("1 while an upstream isn't asked after several failures")
          .tag(UPSTREAM, upstream.base())
          .register(registry);
    }
    upstreams.observe(
        (base, result, nanos) -> {
          Map<UpstreamObserver.Result, Timer> ofUpstream = timers.get(base);
          if (ofUpstream != null) {
            Timer timer = ofUpstream.get(result);
            if (timer != null) {
              timer.record(nanos, TimeUnit.NANOSECONDS);
            }
          }
        });
  }

  private Map<UpstreamObserver.Result, Timer> upstreamTimers(String base) {
    Map<UpstreamObserver.Result, Timer> timers = new EnumMap<>(UpstreamObserver.Result.class);
    for (UpstreamObserver.Result result : UpstreamObserver.Result.values()) {
      timers.put(
          result,
          Timer.builder("narthex.upstream.request")
              .description("Requests to upstreams by result; of NARs, until the body begins")
              .tag(UPSTREAM, base)
              .tag("result", result.name().toLowerCase(Locale.ROOT))
              .serviceLevelObjectives(UPSTREAM_BUCKETS)
              .register(registry));
    }
    return timers;
  }

  private static boolean isSuspended(Upstreams upstreams, String base) {
    return upstreams.states().stream()
        .anyMatch(state -> state.base().equals(base) && state.use() == UpstreamState.Use.SUSPENDED);
  }

  /**
   * Measures the NARs in flight.
   *
   * @param flights how many come in now
   */
  public void watchFlights(IntSupplier flights) {
    gauge("narthex.flights", "NARs that come in now", flights);
  }

  /** Measures the memory of decoders. */
  public void watch(DecoderBudget decoders) {
    Gauge.builder("narthex.decoder.budget", decoders::totalBytes)
        .description("Memory that all decoders may hold together")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("narthex.decoder.held", () -> decoders.totalBytes() - decoders.freeBytes())
        .description("Memory that decoders hold now")
        .baseUnit("bytes")
        .register(registry);
    gauge("narthex.decoder.waiting", "Decoders that wait for memory", decoders::waiting);
  }

  /**
   * Measures a thread pool.
   *
   * @param name the name of its threads
   */
  public void watch(String name, ThreadPoolExecutor pool) {
    List<String> states = List.of("active", "idle");
    for (String state : states) {
      Gauge.builder("narthex.pool.threads", () -> threads(pool, state))
          .description("Threads of a pool by state")
          .tag("pool", name)
          .tag("state", state)
          .register(registry);
    }
    Gauge.builder("narthex.pool.queued", () -> pool.getQueue().size())
        .description("Tasks that wait for a thread of a pool")
        .tag("pool", name)
        .register(registry);
  }

  private static int threads(ThreadPoolExecutor pool, String state) {
    int active = pool.getActiveCount();
    return state.equals("active") ? active : Math.max(0, pool.getPoolSize() - active);
  }

  /**
   * Measures the members of the cluster.
   *
   * @param seen how many this one sees, with itself; 1 without a cluster
   * @param expected how many there should be; 0 for any number
   */
  public void watchCluster(IntSupplier seen, int expected) {
    gauge("narthex.cluster.members", "Members of the cluster that this one sees", seen);
    gauge(
        "narthex.cluster.expected.members",
        "Members that there should be; 0 for any number",
        () -> expected);
  }
}
