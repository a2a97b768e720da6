package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Skips decoded bytes. Skipping means decoding, which takes minutes of CPU time in a large file. So
 * a long skip ends soon after its client has left, and only two run over the same file at once.
 * Thread-safe.
 */
final class LongSkips {
  /** Long skips over one file at once. */
  private static final int AT_ONCE = 2;

  /** Skips over fewer bytes have no limits. */
  private static final long SHORT_BYTES = 8 << 20;

  /** A long skip calls its watch before each step of so many bytes. */
  private static final long STEP_BYTES = 1 << 20;

  private static final long STEP_MILLIS = 500;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final Map<Object, Integer> running = new HashMap<>(); // guarded by lock

  /** Implements {@link DecoderShare#skip}. */
  void skip(Object file, InputStream in, long count, DecoderShare.Watch watch) throws IOException {
    if (count < SHORT_BYTES) {
      in.skipNBytes(count);
      return;
    }
    begin(file, watch);
    try {
      long left = count;
      while (left > 0) {
        watch.look();
        long step = Math.min(left, STEP_BYTES);
        in.skipNBytes(step);
        left -= step;
      }
    } finally {
      end(file);
    }
  }

  private void begin(Object file, DecoderShare.Watch watch) throws IOException {
    long start = System.nanoTime();
    while (!tryBegin(file)) {
      watch.look();
      if (System.nanoTime() - start >= LONGEST_WAIT.toNanos()) {
        throw new DecodersBusyException("too many clients skip over the same file");
      }
    }
  }

  /** Waits up to 500 ms until it may begin; returns whether it may. */
  private boolean tryBegin(Object file) throws IOException {
    lock.lock();
    try {
      if (running.getOrDefault(file, 0) >= AT_ONCE
          && !ended.await(STEP_MILLIS, TimeUnit.MILLISECONDS)) {
        return false;
      }
      if (running.getOrDefault(file, 0) >= AT_ONCE) {
        return false;
      }
      running.merge(file, 1, Integer::sum);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    } finally {
      lock.unlock();
    }
  }

  private void end(Object file) {
    lock.lock();
    try {
      running.computeIfPresent(file, (same, count) -> count == 1 ? null : count - 1);
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
