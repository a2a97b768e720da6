package narthex.testing;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Kills a process of which nothing is real but what it has written, as {@code kill -9} does: a
 * write is refused, and all that follow. The database and the blob store of the process ask it
 * before each write, and before each read whether the process still lives. What a new process finds
 * is what the writes before have left.
 *
 * <p>A thread that asks a killed process is interrupted, so that it doesn't try again for seconds.
 * Thread-safe.
 */
public final class KillSwitch {
  private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);

  /** Lets at most so many more writes pass before the process dies; 0 kills it now. */
  public void arm(int writes) {
    left.accumulateAndGet(writes, Math::min);
  }

  /** A process that takes the place of this one: it is as near to its death, if this one lives. */
  public KillSwitch successor() {
    KillSwitch next = new KillSwitch();
    if (!isKilled()) {
      next.left.set(left.get());
    }
    return next;
  }

  /** Whether the process is dead. */
  public boolean isKilled() {
    return left.get() <= 0;
  }

  /** Asks for a write. Returns false if it must not be done: the process is dead. */
  public boolean isWriteAllowed() {
    if (left.getAndUpdate(writes -> Math.max(0, writes - 1)) > 0) {
      return true;
    }
    Thread.currentThread().interrupt();
    return false;
  }

  /** Asks for a read. Returns false if the process is dead. */
  public boolean isAlive() {
    if (isKilled()) {
      Thread.currentThread().interrupt();
      return false;
    }
    return true;
  }
}
