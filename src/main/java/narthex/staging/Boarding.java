package narthex.staging;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Counts the readers that joined a flight but haven't opened its bytes yet. The holder may delete
 * the bytes only when there are none left. Thread-safe.
 */
public final class Boarding {
  /** Longest wait for readers. Each reader reports itself; the limit only matters if one died. */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int expected; // guarded by lock

  /** Adds a reader, which must call {@link #boarded} once. */
  public void expect() {
    change(1);
  }

  /** Removes a reader: it has opened the bytes, or gives up. */
  public void boarded() {
    change(-1);
  }

  private void change(int by) {
    lock.lock();
    try {
      expected += by;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until all readers have opened the bytes, at most 10 minutes. Returns early if
   * interrupted. Call it only after the flight has left the registry, so that no reader can join.
   */
  public void awaitBoarded() {
    lock.lock();
    try {
      long left = SILENCE.toNanos();
      while (expected > 0 && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server is stopping: readers fail
    } finally {
      lock.unlock();
    }
  }
}
