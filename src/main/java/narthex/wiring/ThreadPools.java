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

  /** Time after which an idle thread ends. */
  private static final Duration IDLE = Duration.ofSeconds(30);

  /** Maximum wait for interrupted tasks to end. If some go on, a warning is logged. */
  private static final Duration STOP = Duration.ofSeconds(10);

  private static final int CLUSTER_CALLS_AT_ONCE = 16;
  private static final int CLUSTER_CALLS_WAITING = 10_000;
  private static final int PREFETCHES_AT_ONCE = 4;
  private static final int PREFETCHES_WAITING = 10_000;

  private ThreadPools() {}

  /**
   * Returns a pool that starts every task at once, in a new thread if none is idle. Its callers
   * bound the number of tasks: by the server's request threads, by the connections to each upstream
   * and, for memory, by the {@link narthex.stream.DecoderBudget}.
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

  /** Returns a pool with few threads and a bounded queue. Rejects tasks when the queue is full. */
  public static ExecutorService prefetching(String name) {
    return fixed(PREFETCHES_AT_ONCE, new LinkedBlockingQueue<>(PREFETCHES_WAITING), threads(name));
  }

  /**
   * Returns a pool with 16 threads and a queue of 10000 tasks for calls into the cluster, which
   * block while another replica hangs. Rejects tasks when the queue is full.
   */
  static ExecutorService clustering(String name) {
    return fixed(
        CLUSTER_CALLS_AT_ONCE, new LinkedBlockingQueue<>(CLUSTER_CALLS_WAITING), threads(name));
  }

  /** Returns a pool of threads with minimum priority and an unbounded queue. */
  static ExecutorService background(String name, int threads) {
    return fixed(
        threads,
        new LinkedBlockingQueue<>(),
        new NamedThreads(name, Thread.MIN_PRIORITY, new AtomicLong()));
  }

  /** Returns a pool with at most this many threads, which end when idle. */
  private static ExecutorService fixed(
      int threads, BlockingQueue<Runnable> queue, ThreadFactory factory) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            threads, threads, IDLE.toSeconds(), TimeUnit.SECONDS, queue, factory);
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /** Returns a single thread for delayed and periodic tasks. */
  static ScheduledExecutorService timer(String name) {
    ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, threads(name));
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  /**
   * Stops a pool: drops waiting tasks, interrupts running tasks and waits for them up to {@link
   * #STOP}. An interrupt ends the wait; the thread stays interrupted.
   */
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
    return new NamedThreads(name, Thread.NORM_PRIORITY, new AtomicLong());
  }

  /** Returns the name of a pool of this class; threads have it with a number. */
  static String name(ThreadPoolExecutor pool) {
    return pool.getThreadFactory() instanceof NamedThreads threads ? threads.name() : "other";
  }

  private record NamedThreads(String name, int priority, AtomicLong number)
      implements ThreadFactory {
    @Override
    public Thread newThread(Runnable task) {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      thread.setPriority(priority);
      return thread;
    }
  }
}
