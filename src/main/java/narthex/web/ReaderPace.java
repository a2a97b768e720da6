package narthex.web;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Measures how fast a client reads a response. Only the time of blocked writes counts. Thread-safe:
 * one thread writes, and others may abort the response.
 */
final class ReaderPace {
  private static final double NANOS_PER_SECOND = 1e9;

  /**
   * Required rate.
   *
   * @param window time of blocked writes over which the rate is measured
   * @param minBytesPerSecond lowest average rate in a window; 0 for no limit
   * @param nanoClock a clock such as {@link System#nanoTime()}
   */
  record Limits(Duration window, long minBytesPerSecond, LongSupplier nanoClock) {}

  private final Limits limits;
  private final Consumer<Thread> breakOff;
  private @Nullable Thread writer; // guarded by this
  private long waitingSince; // guarded by this
  private long waitedNanos; // guarded by this
  private long bytes; // guarded by this
  private boolean slow; // guarded by this: result of the last full window
  private boolean broken; // guarded by this

  /**
   * @param breakOff makes the blocked write of this thread fail, and closes the connection
   */
  ReaderPace(Limits limits, Consumer<Thread> breakOff) {
    this.limits = limits;
    this.breakOff = breakOff;
  }

  /**
   * Begins a write that may block. The caller must call {@link #endWrite} in a {@code finally}
   * block.
   *
   * @throws ClientGoneException if the response has been aborted
   */
  synchronized void beginWrite() throws IOException {
    checkNotBroken();
    waitingSince = limits.nanoClock().getAsLong();
    writer = Thread.currentThread();
  }

  /**
   * Ends a write, even a failed one.
   *
   * @throws ClientGoneException if the response has been aborted
   */
  synchronized void endWrite(int count) throws IOException {
    writer = null;
    if (broken) {
      Thread.interrupted(); // clear the interrupt that ended the write
    }
    checkNotBroken();
    waitedNanos += limits.nanoClock().getAsLong() - waitingSince;
    bytes += count;
    boolean enough = bytes >= quota();
    if (enough || waitedNanos >= limits.window().toNanos()) {
      slow = !enough;
      waitedNanos = 0; // a burst into the socket buffers doesn't count for later windows
      bytes = 0;
    }
  }

  /**
   * Aborts the response if the client is slow and a write is blocked.
   *
   * @return whether this call aborted it
   */
  synchronized boolean breakOffIfSlow() {
    Thread waiting = writer;
    if (broken || waiting == null) {
      return false;
    }
    long waited = waitedNanos + limits.nanoClock().getAsLong() - waitingSince;
    if (!slow && waited < limits.window().toNanos()) {
      return false;
    }
    broken = true;
    breakOff.accept(waiting);
    return true;
  }

  /** Aborts the response if a write is blocked, even if the client isn't slow. */
  synchronized void breakOffNow() {
    Thread waiting = writer;
    if (!broken && waiting != null) {
      broken = true;
      breakOff.accept(waiting);
    }
  }

  /** Number of bytes that the client must read in one window. */
  private double quota() {
    return limits.minBytesPerSecond() * (limits.window().toNanos() / NANOS_PER_SECOND);
  }

  // requires this
  private void checkNotBroken() throws IOException {
    if (broken) {
      throw new ClientGoneException(new IOException("the client read too slowly"));
    }
  }
}
