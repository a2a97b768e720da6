package narthex.metrics;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.db.StatisticsTable.Counts;
import narthex.nix.OneLine;
import org.jspecify.annotations.Nullable;

/**
 * What is stored, as counted a while ago. Counting reads whole tables, so it is done in the
 * background, when the figures are asked for and are too old. Thread-safe.
 */
public final class StoredFigures {
  private static final System.Logger LOG = System.getLogger(StoredFigures.class.getName());

  /** How long figures are shown before they are counted again. */
  static final Duration PERIOD = Duration.ofMinutes(5);

  /** Counts what is stored. */
  @FunctionalInterface
  public interface Count {
    /** Reads the database. */
    Counts read() throws IOException;
  }

  /** Counts the NARs that wait to be chunked. */
  @FunctionalInterface
  public interface Queue {
    /** Reads the database. */
    long length() throws IOException;
  }

  /** One figure. */
  @FunctionalInterface
  interface Figure {
    long of(Counts counts);
  }

  private record Counted(Counts counts, long unchunked) {}

  private final Count count;
  private final Queue queue;
  private final Executor threads;
  private final InstantSource clock;
  private final AtomicBoolean counting = new AtomicBoolean();
  private volatile @Nullable Counted last;
  private volatile Instant notBefore = Instant.MIN;

  /**
   * @param threads run a count; the caller shuts it down
   */
  public StoredFigures(Count count, Queue queue, Executor threads, InstantSource clock) {
    this.count = count;
    this.queue = queue;
    this.threads = threads;
    this.clock = clock;
  }

  /** A figure; not a number before the first count has ended. */
  double value(Figure figure) {
    Counted counted = counted();
    return counted == null ? Double.NaN : figure.of(counted.counts());
  }

  /** The NARs that wait to be chunked; not a number before the first count has ended. */
  double unchunked() {
    Counted counted = counted();
    return counted == null ? Double.NaN : counted.unchunked();
  }

  /** The bytes of the stored forms of one kind. */
  static long bytes(Counts counts, String form, String compression) {
    return counts.forms().stream()
        .filter(each -> each.form().equals(form) && each.compression().equals(compression))
        .mapToLong(each -> each.bytes())
        .sum();
  }

  private @Nullable Counted counted() {
    if (!clock.instant().isBefore(notBefore) && counting.compareAndSet(false, true)) {
      notBefore = clock.instant().plus(PERIOD);
      try {
        threads.execute(this::count);
      } catch (RejectedExecutionException stopping) {
        counting.set(false);
      }
    }
    return last;
  }

  private void count() {
    try {
      last = new Counted(count.read(), queue.length());
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "stored bytes not counted reason={0}", OneLine.reason(e));
    } finally {
      counting.set(false);
    }
  }
}
