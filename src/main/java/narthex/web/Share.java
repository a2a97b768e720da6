package narthex.web;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The permits of one kind of work, and the FIFO queue of requests that wait for one.
 *
 * <p>A client gets another permit only while it holds fewer than twice the number of free permits.
 * So a single client gets about two thirds of them, and the next client still finds some. The same
 * rule limits the places in the queue. A waiting request whose client may not have another permit
 * is skipped. Thread-safe; runs no callback under its lock.
 */
final class Share {
  private static final int MOST_TIMES_FREE = 2;

  private final Pool permits;
  private final Pool places;
  private final Set<Waiting> queue = new LinkedHashSet<>(); // guarded by this
  private final Set<Permit> taken = new LinkedHashSet<>(); // guarded by this

  /**
   * @param permits number of permits
   * @param places greatest length of the queue
   */
  Share(int permits, int places) {
    this.permits = new Pool(permits);
    this.places = new Pool(places);
  }

  /**
   * Takes a permit, or returns null if none is free for this client. A request whose client may
   * have a free permit doesn't stay in the queue, so this overtakes none.
   */
  synchronized @Nullable Permit tryTake(String client) {
    return permits.take(client) ? taken(client) : null;
  }

  /**
   * Joins the queue. Doesn't block.
   *
   * @param onGrant called with the permit, in the calling thread or in a thread that releases a
   *     permit; returns false to give the permit back
   * @return null if the queue has no place for this client
   */
  @Nullable Waiting await(String client, Predicate<Permit> onGrant) {
    Waiting waiting = new Waiting(client, onGrant);
    synchronized (this) {
      if (!places.take(client)) {
        return null;
      }
      queue.add(waiting);
    }
    grant();
    return waiting;
  }

  /** Returns whether another request of this client may join the queue. */
  synchronized boolean hasPlace(String client) {
    return places.has(client);
  }

  /** Returns whether requests are waiting. */
  synchronized boolean isAwaited() {
    return !queue.isEmpty();
  }

  /** Aborts responses to slow clients, at most one for each waiting request, oldest first. */
  void breakOffSlowReaders() {
    List<Permit> all;
    int wanted;
    synchronized (this) {
      all = List.copyOf(taken);
      wanted = queue.size();
    }
    for (Permit permit : all) {
      ReaderPace pace = permit.pace;
      if (wanted > 0 && pace != null && pace.breakOffIfSlow()) {
        wanted--;
      }
    }
  }

  /** Aborts all responses whose write is blocked. */
  void breakOffAllReaders() {
    List<Permit> all;
    synchronized (this) {
      all = List.copyOf(taken);
    }
    for (Permit permit : all) {
      ReaderPace pace = permit.pace;
      if (pace != null) {
        pace.breakOffNow();
      }
    }
  }

  private void grant() {
    for (Grant grant = next(); grant != null; grant = next()) {
      if (!grant.to.onGrant.test(grant.permit)) {
        grant.permit.giveBack();
      }
    }
  }

  /**
   * Takes a permit for the first request in the queue whose client may have one, or returns null.
   */
  private synchronized @Nullable Grant next() {
    Iterator<Waiting> all = queue.iterator();
    while (permits.free > 0 && all.hasNext()) {
      Waiting next = all.next();
      if (permits.take(next.client)) {
        all.remove();
        places.giveBack(next.client);
        return new Grant(next, taken(next.client));
      }
    }
    return null;
  }

  private record Grant(Waiting to, Permit permit) {}

  // requires this
  private Permit taken(String client) {
    Permit permit = new Permit(client);
    taken.add(permit);
    return permit;
  }

  /** Permission to occupy a request thread. Release it when the request ends. */
  final class Permit {
    private final String client;
    private volatile @Nullable ReaderPace pace;

    private Permit(String client) {
      this.client = client;
    }

    /**
     * Registers the pace of the response, so that it can be aborted if the client is slow while
     * other requests wait.
     */
    void watch(ReaderPace readerPace) {
      pace = readerPace;
    }

    /** Returns the permit and grants it to a waiting request. Idempotent. */
    void release() {
      if (giveBack()) {
        grant();
      }
    }

    private boolean giveBack() {
      synchronized (Share.this) {
        boolean was = taken.remove(this);
        if (was) {
          permits.giveBack(client);
        }
        return was;
      }
    }
  }

  /** A request that waits for a permit. */
  final class Waiting {
    private final String client;
    private final Predicate<Permit> onGrant;

    private Waiting(String client, Predicate<Permit> onGrant) {
      this.client = client;
      this.onGrant = onGrant;
    }

    /**
     * Leaves the queue.
     *
     * @return false if the request has been granted a permit, or has left before
     */
    boolean leave() {
      synchronized (Share.this) {
        if (!queue.remove(this)) {
          return false;
        }
        places.giveBack(client);
      }
      return true;
    }
  }

  /**
   * Counts permits or places by client, and keeps some free for other clients. Guarded by the lock
   * of the share.
   */
  private static final class Pool {
    private final Map<String, Integer> held = new HashMap<>();
    private int free;

    Pool(int count) {
      this.free = count;
    }

    boolean has(String client) {
      return held.getOrDefault(client, 0) < MOST_TIMES_FREE * free;
    }

    boolean take(String client) {
      if (!has(client)) {
        return false;
      }
      held.merge(client, 1, Integer::sum);
      free--;
      return true;
    }

    void giveBack(String client) {
      held.computeIfPresent(client, (key, count) -> count == 1 ? null : count - 1);
      free++;
    }
  }
}
