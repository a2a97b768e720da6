package narthex.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import narthex.maintain.WorkObserver;

/** Counts background work and jobs. */
public final class WorkMeters implements WorkObserver {
  private static final double MILLIS = 1000.0;
  private static final Set<Result> ALL = EnumSet.allOf(Result.class);
  private static final Set<Result> OF_JOBS = EnumSet.of(Result.DONE, Result.FAILED);

  private final MeterRegistry registry;
  private final InstantSource clock = InstantSource.system();
  private final Map<String, OfChore> chores = new ConcurrentHashMap<>();
  private final Map<String, Map<Result, Counter>> jobs = new ConcurrentHashMap<>();

  private record OfChore(
      Map<Result, Counter> items, Map<Result, Counter> searches, AtomicLong success) {}

  WorkMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * Makes the meters of chores and jobs, so that they exist before their work begins.
   *
   * @param choreNames the names of chores
   * @param jobNames the names of jobs
   */
  public void expect(Set<String> choreNames, Set<String> jobNames) {
    choreNames.forEach(this::chore);
    jobNames.forEach(this::job);
  }

  private OfChore chore(String name) {
    return chores.computeIfAbsent(name, this::newChore);
  }

  private OfChore newChore(String name) {
    OfChore chore =
        new OfChore(
            counters("narthex.chore.items", "Items of background work", "chore", name, ALL),
            counters("narthex.chore.searches", "Searches for background work", "chore", name, ALL),
            new AtomicLong(Long.MIN_VALUE));
    TimeGauge.builder(
            "narthex.chore.last.success.timestamp",
            () -> seconds(chore.success()),
            TimeUnit.SECONDS)
        .description("When a chore last did an item or found nothing to do, since 1970")
        .tag("chore", name)
        .register(registry);
    return chore;
  }

  private static double seconds(AtomicLong millis) {
    long at = millis.get();
    return at == Long.MIN_VALUE ? Double.NaN : at / MILLIS;
  }

  private Map<Result, Counter> job(String name) {
    return jobs.computeIfAbsent(
        name,
        job ->
            counters("narthex.jobs", "Jobs that an administrator asked for", "job", job, OF_JOBS));
  }

  private Map<Result, Counter> counters(
      String meter, String description, String label, String name, Set<Result> results) {
    Map<Result, Counter> counters = new EnumMap<>(Result.class);
    for (Result result : results) {
      counters.put(
          result,
          Counter.builder(meter)
              .description(description)
              .tag(label, name)
              .tag("result", result.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    return counters;
  }

  private static void count(Map<Result, Counter> counters, Result result) {
    Counter counter = counters.get(result);
    if (counter != null) {
      counter.increment();
    }
  }

  @Override
  public void itemEnded(String chore, Result result) {
    OfChore meters = chore(chore);
    count(meters.items(), result);
    if (result != Result.FAILED) {
      meters.success().set(clock.millis());
    }
  }

  @Override
  public void searched(String chore, Result result) {
    OfChore meters = chore(chore);
    count(meters.searches(), result);
    if (result == Result.IDLE) {
      meters.success().set(clock.millis());
    }
  }

  @Override
  public void jobEnded(String job, Result result) {
    count(job(job), result);
  }
}
