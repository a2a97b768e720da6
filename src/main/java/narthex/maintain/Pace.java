package narthex.maintain;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Holds a reader back to a rate, and ends it when it is stopped. For one thread. */
final class Pace {
  /** The reader was stopped. */
  static final class StoppedException extends IOException {
    private static final long serialVersionUID = 1L;

    StoppedException() {
      super("stopped");
    }
  }

  /** Waits. */
  @FunctionalInterface
  interface Waiting {
    /** Waits this long. */
    void sleep(Duration time) throws InterruptedException;
  }

  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final Duration LONGEST_WAIT = Duration.ofMillis(500);

  private final long bytesPerSecond;
  private final Progress progress;
  private final LongSupplier nanos;
  private final Waiting waiting;
  private long due;
  private long bytes;

  /**
   * @param bytesPerSecond 0 for any rate
   * @param progress stops it
   */
  Pace(long bytesPerSecond, Progress progress) {
    this(
        bytesPerSecond,
        progress,
        System::nanoTime,
        time -> Thread.sleep(Math.max(1, time.toMillis())));
  }

  Pace(long bytesPerSecond, Progress progress, LongSupplier nanos, Waiting waiting) {
    this.bytesPerSecond = bytesPerSecond;
    this.progress = progress;
    this.nanos = nanos;
    this.waiting = waiting;
    this.due = nanos.getAsLong();
  }

  /** Returns the number of bytes that have passed. */
  long bytes() {
    return bytes;
  }

  /**
   * Waits until so many further bytes may have passed. Idle time counts for one second at most.
   *
   * @throws StoppedException if the reader was stopped
   */
  void pass(int count) throws IOException {
    requireGoing();
    bytes += count;
    if (bytesPerSecond == 0) {
      return;
    }
    long now = nanos.getAsLong();
    due = Math.max(due, now - SECOND) + (long) ((double) count * SECOND / bytesPerSecond);
    while (due > now) {
      sleep(Duration.ofNanos(due - now));
      requireGoing();
      now = nanos.getAsLong();
    }
  }

  private void requireGoing() throws StoppedException {
    if (progress.isStopped()) {
      throw new StoppedException();
    }
  }

  private void sleep(Duration time) throws InterruptedIOException {
    try {
      waiting.sleep(time.compareTo(LONGEST_WAIT) < 0 ? time : LONGEST_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }
}
