package narthex.testing.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import narthex.wiring.ThreadPools;

/** The pools of a server, which tell when nothing runs in any of them. */
final class Tasks {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();
  private final List<ExecutorService> pools = new ArrayList<>();
  private int running; // guarded by lock

  /** A pool that is counted, and stopped with the others. */
  ExecutorService counted(ExecutorService pool) {
    pools.add(pool);
    return new Counted(pool);
  }

  /** Stops all of them as a server does. */
  void stop() {
    pools.forEach(ThreadPools::stop);
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

  private final class Counted extends AbstractExecutorService {
    private final ExecutorService pool;

    Counted(ExecutorService pool) {
      this.pool = pool;
    }

    @Override
    public void execute(Runnable task) {
      count(1);
      try {
        pool.execute(
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

    @Override
    public void shutdown() {
      pool.shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
      return pool.shutdownNow();
    }

    @Override
    public boolean isShutdown() {
      return pool.isShutdown();
    }

    @Override
    public boolean isTerminated() {
      return pool.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
      return pool.awaitTermination(timeout, unit);
    }
  }
}
