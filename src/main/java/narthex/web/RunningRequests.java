package narthex.web;

import java.time.Duration;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Counts the running requests, so that shutdown can wait for them, and so that some background work
 * can wait until clients are served. Thread-safe and lock-free.
 */
public final class RunningRequests {
  /** Who sends a request. */
  enum Sender {
    /** A client, or anybody else. */
    CLIENT,
    /** The monitoring, or the page of an administrator, which asks regularly how the server is. */
    MONITORING
  }

  /** The parties are the running requests and the thread that will call {@link #awaitNone}. */
  private final Phaser phaser = new Phaser(1);

  private final LongSupplier nanos;
  private final AtomicInteger ofClients = new AtomicInteger();
  private final AtomicInteger followers = new AtomicInteger();
  private volatile long lastOfClient;

  /** Counts no request yet. The time before counts as if a client had just been served. */
  public RunningRequests() {
    this(System::nanoTime);
  }

  RunningRequests(LongSupplier nanos) {
    this.nanos = nanos;
    this.lastOfClient = nanos.getAsLong();
  }

  /** Begins a request. The caller must call {@link #ended} in a {@code finally} block. */
  void begun(Sender sender) {
    phaser.register();
    if (sender == Sender.CLIENT) {
      ofClients.incrementAndGet();
    }
  }

  /** Ends a request. */
  void ended(Sender sender) {
    if (sender == Sender.CLIENT) {
      lastOfClient = nanos.getAsLong();
      ofClients.decrementAndGet();
    }
    phaser.arriveAndDeregister();
  }

  /**
   * A request begins to read a NAR that comes in. The caller must call {@link #followingEnded} in a
   * {@code finally} block.
   */
  void followingBegun() {
    followers.incrementAndGet();
  }

  /** Ends what {@link #followingBegun} began. */
  void followingEnded() {
    followers.decrementAndGet();
  }

  /** Returns how many requests read a NAR that comes in. */
  public int followers() {
    return followers.get();
  }

  /** Returns how many requests of clients run now. */
  public int ofClients() {
    return ofClients.get();
  }

  /** Returns whether no request of a client has run during this time, nor runs now. */
  public boolean isQuietFor(Duration time) {
    return ofClients.get() == 0 && nanos.getAsLong() - lastOfClient >= time.toNanos();
  }

  /**
   * Waits until no request is running. Call it only once, after the server has stopped accepting
   * requests. An interrupt ends the wait; the thread stays interrupted.
   *
   * @return false if requests were still running after {@code atMost}, or if the thread was
   *     interrupted
   */
  public boolean awaitNone(Duration atMost) {
    int phase = phaser.arriveAndDeregister();
    try {
      phaser.awaitAdvanceInterruptibly(phase, atMost.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException stillRunning) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
