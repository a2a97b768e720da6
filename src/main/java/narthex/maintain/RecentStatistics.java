package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import narthex.nix.OneLine;
import org.jspecify.annotations.Nullable;

/**
 * {@link Statistics} that may be a little old, for pages that many people may look at. The rows are
 * counted in the background, and the seldomer the longer it takes. Thread-safe.
 */
public final class RecentStatistics {
  private static final System.Logger LOG = System.getLogger(RecentStatistics.class.getName());

  private static final Duration SHORTEST_AGE = Duration.ofSeconds(5);

  /** Counting takes at most one part in so many of the time. */
  private static final int SHARE = 50;

  /** How long to wait for the first count. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Statistics statistics;
  private final Executor threads;
  private final InstantSource clock;
  private @Nullable Figures latest; // guarded by this
  private Instant countAgainAt = Instant.MIN; // guarded by this
  private @Nullable CompletableFuture<Figures> counting; // guarded by this

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
    this.threads = threads;
    this.clock = clock;
  }

  /**
   * Returns the last figures. Has them counted again if they are old. Only the first call waits, a
   * second at most.
   *
   * @return null if they aren't known yet
   */
  public @Nullable Figures read() {
    CompletableFuture<Figures> first;
    synchronized (this) {
      if (counting == null && !clock.instant().isBefore(countAgainAt)) {
        begin();
      }
      first = counting;
      if (latest != null || first == null) {
        return latest;
      }
    }
    try {
      return first.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException notYet) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private synchronized void begin() {
    CompletableFuture<Figures> next = new CompletableFuture<>();
    counting = next;
    try {
      threads.execute(() -> count(next));
    } catch (RejectedExecutionException stopping) {
      counting = null;
    }
  }

  private void count(CompletableFuture<Figures> next) {
    Instant start = clock.instant();
    Figures read = null;
    try {
      read = new Figures(start, statistics.read());
      next.complete(read);
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "could not count what is stored reason={0}", OneLine.reason(e));
      next.completeExceptionally(e);
    } finally {
      ended(read, start);
    }
  }

  private synchronized void ended(@Nullable Figures read, Instant start) {
    Instant now = clock.instant();
    Duration pause = Duration.between(start, now).multipliedBy(SHARE);
    countAgainAt = now.plus(pause.compareTo(SHORTEST_AGE) < 0 ? SHORTEST_AGE : pause);
    latest = read == null ? latest : read;
    counting = null;
  }
}
