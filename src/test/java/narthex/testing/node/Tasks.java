package narthex.testing.node;

import java.time.Duration;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A pool of threads that tells when nothing runs. */
final class Tasks extends ThreadPoolExecutor {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();
  private int running; // guarded by lock

  Tasks() {
    super(0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), Tasks::thread);
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "node-task");
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void execute(Runnable task) {
    count(1);
    try {
      super.execute(
          () -> {
            try {
              task.run();
            } finally {
              count(-1);
            }
          });
    } catch (RuntimeException e) {
      count(-1);
      throw e;
    }
  }

  private void count(int more) {
    lock.lock();
    try {
      running += more;
      if (running == 0) {
        idle.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing runs. */
  void awaitIdle(Duration within) {
    lock.lock();
    try {
      long left = within.toNanos();
      while (running > 0) {
        if (left <= 0) {
          throw new AssertionError("still running after " + within + ": " + running);
        }
        left = idle.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } finally {
      lock.unlock();
    }
  }
}
