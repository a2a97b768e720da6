package narthex.chunk;

import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The writers that are open. They may refer to chunks that they found before these were marked as
 * not referred to, and their own chunks may not be referred to yet; so the collection of chunks
 * waits until they have ended. Thread-safe.
 */
public final class OpenWriters {
  private final ReentrantLock lock = new ReentrantLock();
  private final TreeSet<Long> open = new TreeSet<>(); // guarded by lock
  private long next; // guarded by lock

  /** Creates an empty set. */
  public OpenWriters() {}

  /** Adds a writer. Returns its ticket, greater than those of all writers before it. */
  long begin() {
    lock.lock(); // so that a mark never separates a ticket from its entry in the set
    try {
      long ticket = next++;
      open.add(ticket);
      return ticket;
    } finally {
      lock.unlock();
    }
  }

  /** Removes a writer. May be called again. */
  void end(long ticket) {
    lock.lock();
    try {
      open.remove(ticket);
    } finally {
      lock.unlock();
    }
  }

  /** Returns a mark between the writers that have begun and those that will. */
  public long mark() {
    lock.lock();
    try {
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether all writers that had begun before this mark have ended. */
  public boolean haveEnded(long mark) {
    lock.lock();
    try {
      return open.headSet(mark).isEmpty();
    } finally {
      lock.unlock();
    }
  }
}
