package narthex.db;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets one transaction at a time write to an SQLite database, the one that has waited longest
 * first. SQLite itself lets whoever asks at the right moment write; the others ask again after up
 * to a tenth of a second, and hold connections that readers need. Thread-safe.
 */
final class WriteTurns {
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  private final @Nullable ReentrantLock turn;

  private WriteTurns(@Nullable ReentrantLock turn) {
    this.turn = turn;
  }

  /** The turns of a database of this product. PostgreSQL needs none. */
  static WriteTurns of(Product product) {
    return new WriteTurns(product == Product.SQLITE ? new ReentrantLock(true) : null);
  }

  /**
   * Waits until the caller may begin a transaction. It must call {@link #end} after that.
   *
   * @param what the operation, for the exception's message
   * @param key the key of the row, for the exception's message
   * @throws DatabaseException if others write for 30 seconds, or the thread is interrupted
   */
  void await(String what, String key) throws DatabaseException {
    if (turn == null) {
      return;
    }
    if (!turn.hasQueuedThreads() && turn.tryLock()) {
      return; // also if the thread is interrupted: it need not wait
    }
    boolean isMine;
    try {
      isMine = turn.tryLock(LONGEST_WAIT.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DatabaseException(what, key, "interrupted", e);
    }
    if (!isMine) {
      throw new DatabaseException(what, key, "others write for too long", null);
    }
  }

  /** Lets the next transaction begin. */
  void end() {
    if (turn != null) {
      turn.unlock();
    }
  }

  /** Estimated number of transactions that wait. */
  int waiting() {
    return turn == null ? 0 : turn.getQueueLength();
  }
}
