package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import narthex.nix.OneLine;
import org.jspecify.annotations.Nullable;

/**
 * A value that takes long to read, and so is read in the background when somebody asks for it and
 * it is old. Until then, and if reading fails, the value before is returned. Thread-safe.
 */
public final class Recent<T> {
  private static final System.Logger LOG = System.getLogger(Recent.class.getName());

  /** Reads a value. */
  @FunctionalInterface
  public interface Source<T> {
    /** Reads it anew. */
    T read() throws IOException;
  }

  /** Decides when a value is old. */
  @FunctionalInterface
  public interface Pause {
    /**
     * Returns how long a value isn't read again.
     *
     * @param taken how long reading it has taken, or failing to
     */
    Duration after(Duration taken);
  }

  private final Source<? extends T> source;
  private final Pause pause;
  private final Level level;
  private final Executor threads;
  private final InstantSource clock;
  private @Nullable T latest; // guarded by this
  private Instant readAgainAt = Instant.MIN; // guarded by this
  private @Nullable CompletableFuture<T> reading; // guarded by this

  /**
   * @param level of the line in the log that tells of a failure
   * @param threads read the value; the caller shuts them down
   */
  public Recent(
      Source<? extends T> source, Pause pause, Level level, Executor threads, InstantSource clock) {
    this.source = source;
    this.pause = pause;
    this.level = level;
    this.threads = threads;
    this.clock = clock;
  }

  /**
   * Returns the latest value, and has it read again if it is old.
   *
   * @param patience how long to wait for the first one, at most
   * @return null if there is none yet
   */
  public @Nullable T read(Duration patience) {
    CompletableFuture<T> first;
    synchronized (this) {
      if (reading == null && !clock.instant().isBefore(readAgainAt)) {
        begin();
      }
      first = reading;
      if (latest != null || first == null) {
        return latest;
      }
    }
    try {
      return first.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException notYet) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private synchronized void begin() {
    CompletableFuture<T> next = new CompletableFuture<>();
    reading = next;
    try {
      threads.execute(() -> read(next));
    } catch (RejectedExecutionException stopping) {
      reading = null;
    }
  }

  private void read(CompletableFuture<T> next) {
    Instant start = clock.instant();
    T value = null;
    try {
      value = source.read();
      next.complete(value);
    } catch (IOException | RuntimeException e) {
      LOG.log(level, "could not count what is stored reason={0}", OneLine.reason(e));
      next.completeExceptionally(e);
    } finally {
      ended(value, start);
    }
  }

  private synchronized void ended(@Nullable T value, Instant start) {
    Instant now = clock.instant();
    readAgainAt = now.plus(pause.after(Duration.between(start, now)));
    latest = value == null ? latest : value;
    reading = null;
  }
}
