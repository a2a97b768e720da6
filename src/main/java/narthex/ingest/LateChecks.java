package narthex.ingest;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs the deferred checks of files that have the right FileHash. Their readers already have all
 * bytes; only storing the file waits for the NarHash.
 *
 * <p>Decoding xz takes far longer than sending it. To leave processors for clients, only a few of
 * these checks run at a time, and they pause while other files arrive. The files stay in the spool
 * until they are checked. Above half of the limits on files and bytes, checks don't pause; at the
 * limits, {@link #accept} refuses further checks, and the readers of those files wait. Thread-safe.
 */
final class LateChecks {
  /** Limit on the disk space of unchecked files. */
  private static final long MOST_BYTES = 2L << 30;

  /** Limit on unchecked files, and so on threads: each one's fetch waits in a thread. */
  private static final int MOST_FILES = 1_000;

  /** Pause of a check after each MiB of a NAR while files arrive. */
  private static final Duration REST = Duration.ofMillis(100);

  private static final int AT_ONCE = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  private final Executor threads;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition hasRoomToWork = lock.newCondition();
  private final Queue<Waiting> waiting = new ArrayDeque<>(); // guarded by lock
  private int running; // guarded by lock
  private int transfers; // guarded by lock
  private int files; // guarded by lock
  private long bytes; // guarded by lock

  private record Waiting(Runnable rest, long fileBytes) {}

  /**
   * @param threads runs the checks; the caller closes it
   */
  LateChecks(Executor threads) {
    this.threads = threads;
  }

  /** Reports that a transfer begins. The caller must also call {@link #transferEnded}, once. */
  void transferBegun() {
    lock.lock();
    try {
      transfers++;
    } finally {
      lock.unlock();
    }
  }

  /** Reports that a transfer has ended or failed. */
  void transferEnded() {
    lock.lock();
    try {
      transfers--;
      hasRoomToWork.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Queues the rest of a check, to run as soon as a slot is free. Returns immediately.
   *
   * @param fileBytes length of the file in bytes
   * @return false if a limit is reached; the check isn't queued then
   */
  boolean accept(Runnable rest, long fileBytes) {
    lock.lock();
    try {
      if (files == MOST_FILES || fileBytes > MOST_BYTES - bytes) {
        return false;
      }
      files++;
      bytes += fileBytes;
      waiting.add(new Waiting(rest, fileBytes));
      startNext();
      if (isCrowded()) {
        hasRoomToWork.signalAll();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Starts queued checks. If the executor is shut down, they stay in the queue: the server is
   * stopping, and so are their fetches.
   */
  private void startNext() {
    while (running < AT_ONCE && !waiting.isEmpty()) {
      Waiting next = waiting.remove();
      running++;
      try {
        threads.execute(() -> run(next));
      } catch (RejectedExecutionException stopping) {
        running--;
        return;
      }
    }
  }

  private void run(Waiting next) {
    try {
      next.rest().run();
    } finally {
      lock.lock();
      try {
        running--;
        files--;
        bytes -= next.fileBytes();
        startNext();
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean isCrowded() {
    return files > MOST_FILES / 2 || bytes > MOST_BYTES / 2;
  }

  /** Waits for {@link #REST}, or until no transfer runs or the queue is over half full. */
  void pause() throws InterruptedIOException {
    lock.lock();
    try {
      long left = REST.toNanos();
      while (left > 0 && transfers > 0 && !isCrowded()) {
        left = hasRoomToWork.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException)
          new InterruptedIOException("interrupted while verifying a NAR").initCause(e);
    } finally {
      lock.unlock();
    }
  }
}
