package narthex.document;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import narthex.stream.DecoderShare.Watch;
import org.jspecify.annotations.Nullable;

/**
 * Lets concurrent requests for the same result share the work. The first caller does it and the
 * others wait. The work is cancelled when the last interested client has left. Thread-safe.
 *
 * @param <K> the key that identifies a piece of work
 */
final class SharedWork<K> {
  /** How often a waiting thread checks whether its client is still connected. */
  private static final Duration STEP = Duration.ofMillis(500);

  private final Duration silence;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<K, Running> running = new HashMap<>(); // guarded by lock

  /** Does the work. */
  @FunctionalInterface
  interface Worker {
    /**
     * Does the work.
     *
     * @param watch fails as soon as no client wants the result any more; call it often
     */
    boolean work(Watch watch) throws IOException;
  }

  private static final class Running {
    private final CompletableFuture<Boolean> result = new CompletableFuture<>();
    private int waiting; // guarded by lock
  }

  /**
   * @param silence longest wait for another thread's result. That thread always reports its end, so
   *     the limit only matters if it died.
   */
  SharedWork(Duration silence) {
    this.silence = silence;
  }

  /**
   * Does the work in the caller's thread, or waits for the caller that does the same work already.
   *
   * @param watch fails when the caller's client has left
   * @throws IOException if the work fails, or the client has left
   */
  boolean ask(K what, Watch watch, Worker worker) throws IOException {
    Running mine = new Running();
    Running other = join(what, mine);
    if (other == null) {
      return work(what, mine, watch, worker);
    }
    try {
      return await(other, watch);
    } finally {
      leave(other);
    }
  }

  /** Returns how many clients wait for the work of another. */
  int waiting() {
    lock.lock();
    try {
      return running.values().stream().mapToInt(one -> one.waiting).sum();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Running join(K what, Running mine) {
    lock.lock();
    try {
      Running other = running.putIfAbsent(what, mine);
      if (other != null) {
        other.waiting++;
      }
      return other;
    } finally {
      lock.unlock();
    }
  }

  private void leave(Running other) {
    lock.lock();
    try {
      other.waiting--;
    } finally {
      lock.unlock();
    }
  }

  private boolean work(K what, Running mine, Watch watch, Worker worker) throws IOException {
    try {
      boolean result = worker.work(() -> lookForAll(what, mine, watch));
      mine.result.complete(result);
      return result;
    } catch (IOException | RuntimeException | Error e) {
      mine.result.completeExceptionally(e);
      throw e;
    } finally {
      end(what, mine);
    }
  }

  private void lookForAll(K what, Running mine, Watch own) throws IOException {
    try {
      own.look();
    } catch (IOException gone) {
      if (endUnwanted(what, mine)) {
        throw gone;
      }
    }
  }

  /** Cancels work that no other client waits for. The next caller starts over. */
  private boolean endUnwanted(K what, Running mine) {
    lock.lock();
    try {
      if (mine.waiting > 0) {
        return false;
      }
      running.remove(what, mine);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void end(K what, Running mine) {
    lock.lock();
    try {
      running.remove(what, mine);
    } finally {
      lock.unlock();
    }
  }

  private boolean await(Running other, Watch watch) throws IOException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < silence.toNanos()) {
      try {
        return other.result.get(STEP.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException notYet) {
        watch.look();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException failure) {
          throw new IOException(failure.getMessage(), failure);
        }
        throw new IllegalStateException(
            "the request that made the result failed unexpectedly", e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while waiting for the result of another request", e);
      }
    }
    throw new IOException("no result for " + silence);
  }
}
