package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * {@link Statistics} that may be a little old, for pages that many people may look at. The rows are
 * counted in the background, and the seldomer the longer it takes. Thread-safe.
 */
public final class RecentStatistics {
  private static final Duration SHORTEST_AGE = Duration.ofSeconds(5);

  /** Counting takes at most one part in so many of the time. */
  private static final int SHARE = 50;

  /** How long to wait for the first count. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Statistics statistics;
  private final InstantSource clock;
  private final Recent<Figures> recent;

  /**
   * Figures.
   *
   * @param at when they were read
   * @param values numbers and texts by name, see {@link Statistics#read}
   */
  public record Figures(Instant at, Map<String, Object> values) {}

  /**
   * @param threads runs the counts; the caller shuts it down
   */
  public RecentStatistics(Statistics statistics, Executor threads, InstantSource clock) {
    this.statistics = statistics;
    this.clock = clock;
    this.recent = new Recent<>(this::count, RecentStatistics::pause, Level.WARNING, threads, clock);
  }

  private static Duration pause(Duration taken) {
    Duration pause = taken.multipliedBy(SHARE);
    return pause.compareTo(SHORTEST_AGE) < 0 ? SHORTEST_AGE : pause;
  }

  private Figures count() throws IOException {
    return new Figures(clock.instant(), statistics.read());
  }

  /**
   * Returns the last figures. Has them counted again if they are old. Only the first call waits, a
   * second at most.
   *
   * @return null if they aren't known yet
   */
  public @Nullable Figures read() {
    return recent.read(PATIENCE);
  }
}
