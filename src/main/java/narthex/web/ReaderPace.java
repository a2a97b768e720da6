package narthex.web;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How fast a client reads its answer. Only the time counts in which a write waits for it. One
 * thread writes; another may break it off.
 */
final class ReaderPace {
  private static final double NANOS_PER_SECOND = 1e9;

  /**
   * What a client is asked.
   *
   * @param window how long it is measured
   * @param minBytesPerSecond what it has to take over that; 0 is any
   * @param nanoClock tells the time, as {@link System#nanoTime()} does
   */
  record Limits(Duration window, long minBytesPerSecond, LongSupplier nanoClock) {}

  private final Limits limits;
  private final Consumer<Thread> breakOff;
  private @Nullable Thread writer; // guarded by this
  private long waitingSince; // guarded by this
  private long waitedNanos; // guarded by this
  private long bytes; // guarded by this
  private boolean slow; // guarded by this: what the last whole window said
  private boolean broken; // guarded by this

  /**
   * @param breakOff makes the write fail in which the thread waits, and breaks the connection
   */
  ReaderPace(Limits limits, Consumer<Thread> breakOff) {
    this.limits = limits;
    this.breakOff = breakOff;
  }

  /** A write begins that may wait for the client. */
  synchronized void beginWrite() throws IOException {
    checkNotBroken();
    waitingSince = limits.nanoClock().getAsLong();
    writer = Thread.currentThread();
  }

  /** The write has ended, well or not. */
  synchronized void endWrite(int count) throws IOException {
    writer = null;
    if (broken) {
      Thread.interrupted(); // it has served its turn
    }
    checkNotBroken();
    waitedNanos += limits.nanoClock().getAsLong() - waitingSince;
    bytes += count;
    boolean enough = bytes >= quota();
    if (enough || waitedNanos >= limits.window().toNanos()) {
      slow = !enough;
      waitedNanos = 0; // what came fast into the socket's buffers is no credit for later
      bytes = 0;
    }
  }

  /**
   * Breaks the reader off if it is slow and a write waits for it.
   *
   * @return whether it was broken off now
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

  /** Breaks the reader off if a write waits for it just now. */
  synchronized void breakOffNow() {
    Thread waiting = writer;
    if (!broken && waiting != null) {
      broken = true;
      breakOff.accept(waiting);
    }
  }

  /** What the client has to take in one window. */
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
