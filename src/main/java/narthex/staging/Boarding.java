package narthex.staging;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Who joined a flight and has not opened its bytes yet: these may go only when nobody is left. Safe
 * for use by many threads.
 */
public final class Boarding {
  /** Everybody who joins leaves; this only frees the holder if one died. */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int expected; // guarded by lock

  /** Says that somebody more joined who will say {@link #boarded}. */
  public void expect() {
    change(1);
  }

  /** Says that one who joined has opened the bytes, or does not want them any more. */
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

  /** Waits until all who joined have opened the bytes. Nobody may join any more. */
  public void awaitBoarded() {
    lock.lock();
    try {
      long left = SILENCE.toNanos();
      while (expected > 0 && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server is stopping: readers break
    } finally {
      lock.unlock();
    }
  }
}
