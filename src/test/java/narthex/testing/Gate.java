package narthex.testing;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Holds responses back until the test lets bytes through. Starts closed. Several connections may
 * share one gate and its bytes. Thread-safe.
 */
public final class Gate {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long releasedBytes; // guarded by lock
  private boolean open; // guarded by lock
  private int arrivals; // guarded by lock

  /** Lets this many more bytes through. */
  public void release(long bytes) {
    lock.lock();
    try {
      releasedBytes += bytes;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets everything through from now on. */
  public void open() {
    lock.lock();
    try {
      open = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the gate has stopped responses so many times in total.
   *
   * @throws AssertionError if that doesn't happen in time
   */
  public void awaitArrivals(int wanted, Duration within) {
    lock.lock();
    try {
      long nanos = within.toNanos();
      while (arrivals < wanted) {
        if (nanos <= 0) {
          throw new AssertionError(
              "arrivals at the gate: expected " + wanted + ", there were " + arrivals);
        }
        nanos = changed.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting at a gate", e);
    } finally {
      lock.unlock();
    }
  }

  /** Takes at least 1 and at most this many bytes; waits for the first one. */
  long take(long wantedBytes) throws InterruptedIOException {
    lock.lock();
    try {
      awaitBytes();
      if (open) {
        return wantedBytes;
      }
      long taken = Math.min(wantedBytes, releasedBytes);
      releasedBytes -= taken;
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the gate is open or lets at least one byte through; takes none. */
  void pass() throws InterruptedIOException {
    lock.lock();
    try {
      awaitBytes();
    } finally {
      lock.unlock();
    }
  }

  /** Whether {@link #take} would wait. */
  boolean wouldWait() {
    lock.lock();
    try {
      return !open && releasedBytes == 0;
    } finally {
      lock.unlock();
    }
  }

  private void awaitBytes() throws InterruptedIOException {
    if (open || releasedBytes > 0) {
      return;
    }
    arrivals++;
    changed.signalAll();
    while (!open && releasedBytes == 0) {
      try {
        changed.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("the upstream is closed");
      }
    }
  }
}
