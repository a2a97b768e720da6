package narthex.wiring;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The thread pools of a deployment. */
public final class ThreadPools {
  private static final System.Logger LOG = System.getLogger(ThreadPools.class.getName());

  /** Idle threads end after this. */
  private static final Duration IDLE = Duration.ofSeconds(30);

  /** How long a stop waits for work to notice it; what goes on after it is logged. */
  private static final Duration STOP = Duration.ofSeconds(10);

  private static final int PREFETCHES_AT_ONCE = 4;
  private static final int PREFETCHES_WAITING = 10_000;

  private ThreadPools() {}

  /**
   * As many threads as there is work, each at once: no task waits for another. What it runs is
   * bounded elsewhere: by the server's request threads, by the connections of each upstream, and,
   * in memory, by the {@link narthex.stream.DecoderBudget}.
   */
  public static ExecutorService unbounded(String name) {
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        IDLE.toSeconds(),
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        threads(name));
  }

  /** A few threads and a bounded queue; rejects what does not fit. */
  public static ExecutorService prefetching(String name) {
    return fixed(PREFETCHES_AT_ONCE, new LinkedBlockingQueue<>(PREFETCHES_WAITING), threads(name));
  }

  /** So many threads, which give way to those that somebody waits for. */
  static ExecutorService background(String name, int threads) {
    ThreadFactory factory = threads(name);
    return fixed(
        threads,
        new LinkedBlockingQueue<>(),
        task -> {
          Thread thread = factory.newThread(task);
          thread.setPriority(Thread.MIN_PRIORITY);
          return thread;
        });
  }

  /** So many threads and a queue; none of them while there is nothing to do. */
  private static ExecutorService fixed(
      int threads, BlockingQueue<Runnable> queue, ThreadFactory factory) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            threads, threads, IDLE.toSeconds(), TimeUnit.SECONDS, queue, factory);
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /** One thread, for what is due at some time, or again and again. */
  static ScheduledExecutorService timer(String name) {
    ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, threads(name));
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  /** Interrupts what runs and waits a bounded time for it to end. */
  public static void stop(ExecutorService executor) {
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(STOP.toSeconds(), TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "background work did not stop within {0}", STOP);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static ThreadFactory threads(String name) {
    AtomicLong number = new AtomicLong();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
