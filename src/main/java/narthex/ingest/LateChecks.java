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
 * Checks of files whose readers have everything already, since FileHash was right: only storing
 * waits for NarHash.
 *
 * <p>Decoding xz takes far longer than sending it. These checks therefore run a few at a time, and
 * slowly while other files come in, so that processors are left for clients. The files lie in the
 * spool until then. When these are too many or too large, checks run at full speed, and at last a
 * reader waits for the check of its file again. Safe for use by many threads.
 */
final class LateChecks {
  /** Bounds the disk that unchecked files take. */
  private static final long MOST_BYTES = 2L << 30;

  /** Bounds the threads: the fetch of each unchecked file waits in one. */
  private static final int MOST_FILES = 1_000;

  /** How long a check rests after each MiB of a NAR while files come in. */
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
   * @param threads gives each check a thread; not closed here
   */
  LateChecks(Executor threads) {
    this.threads = threads;
  }

  /** Says that a file begins to come in. */
  void transferBegun() {
    lock.lock();
    try {
      transfers++;
    } finally {
      lock.unlock();
    }
  }

  /** Says that a file has come in, or will not. */
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
   * Runs the rest of a check later; the readers of its file need not wait.
   *
   * @param fileBytes the length of the file
   * @return false if too much waits already
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

  /** When the server stops, what waits is dropped with the fetches that wait for it. */
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

  /** Rests while files come in, at most {@link #REST}; not when too much waits. */
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
          new InterruptedIOException("interrupted while checking").initCause(e);
    } finally {
      lock.unlock();
    }
  }
}
