package narthex.web;

import java.time.Duration;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Counts the running requests, so that shutdown can wait for them. Thread-safe and lock-free. */
public final class RunningRequests {
  /** The parties are the running requests and the thread that will call {@link #awaitNone}. */
  private final Phaser phaser = new Phaser(1);

  /** Begins a request. The caller must call {@link #ended} in a {@code finally} block. */
  void begun() {
    phaser.register();
  }

  /** Ends a request. */
  void ended() {
    phaser.arriveAndDeregister();
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
