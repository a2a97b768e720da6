package narthex.stream;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The holders of decoder memory that nobody uses at the moment, the longest rest first.
 * Thread-safe; runs no callback under its lock.
 */
final class RestingReaders {
  /** Most of them, because each has a file open. */
  private static final int MOST = 512;

  private final Set<Resting> all = new LinkedHashSet<>(); // guarded by this

  /** What holds memory for a client that downloads. Compared by identity. */
  interface Resting {
    /** Releases the memory, unless it is used again. Called by any thread; doesn't throw. */
    void yieldMemory();
  }

  /** Adds one. Returns whether there are now too many. */
  synchronized boolean add(Resting reader) {
    all.add(reader);
    return all.size() > MOST;
  }

  /** Removes one whose memory is used again. */
  synchronized void remove(Resting reader) {
    all.remove(reader);
  }

  /** Number of them. */
  synchronized int size() {
    return all.size();
  }

  /** Lets the one that rests longest yield its memory; returns false if there is none. */
  boolean yieldLongest() {
    Resting longest = pollLongest();
    if (longest == null) {
      return false;
    }
    longest.yieldMemory();
    return true;
  }

  private synchronized @Nullable Resting pollLongest() {
    Iterator<Resting> first = all.iterator();
    if (!first.hasNext()) {
      return null;
    }
    Resting longest = first.next();
    first.remove();
    return longest;
  }
}
