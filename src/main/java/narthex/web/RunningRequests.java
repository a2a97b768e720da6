package narthex.web;

import java.time.Duration;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The requests that are being answered, for who has to wait for their end. Thread-safe, and made
 * for every request: nobody waits for a lock.
 */
public final class RunningRequests {
  /** Its parties are the requests, and the one who will wait for them. */
  private final Phaser phaser = new Phaser(1);

  /** A request begins; its thread calls {@link #ended} in the end, whatever happens. */
  void begun() {
    phaser.register();
  }

  /** A request has ended. */
  void ended() {
    phaser.arriveAndDeregister();
  }

  /**
   * Waits until no request is running. To be called once, when no more come: those that begin later
   * are not waited for.
   *
   * @return whether none was running in the end
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
