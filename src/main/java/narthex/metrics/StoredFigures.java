package narthex.metrics;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import narthex.db.StatisticsTable.Counts;
import narthex.maintain.Recent;
import org.jspecify.annotations.Nullable;

/**
 * What is stored, as counted a while ago. Counting reads whole tables, so it is done in the
 * background, when the figures are asked for and are too old. Thread-safe.
 */
public final class StoredFigures {
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

  private final Recent<Counted> recent;

  /**
   * @param threads run a count; the caller shuts it down
   */
  public StoredFigures(Count count, Queue queue, Executor threads, InstantSource clock) {
    this.recent =
        new Recent<>(
            () -> new Counted(count.read(), queue.length()),
            taken -> PERIOD,
            Level.DEBUG,
            threads,
            clock);
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
    return recent.read(Duration.ZERO);
  }
}
