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
 * The permits of one kind of work, and the requests that wait for one, in order.
 *
 * <p>No client gets all: one may hold twice as many permits as would be left, so that alone it gets
 * two thirds, and whoever comes next always finds some. The places in the queue are given out by
 * the same rule. Thread-safe; calls no foreign code under its lock.
 */
final class Share {
  private static final int MOST_TIMES_FREE = 2;

  private final Pool permits;
  private final Pool places;
  private final Set<Waiting> queue = new LinkedHashSet<>(); // guarded by this
  private final Set<Permit> taken = new LinkedHashSet<>(); // guarded by this

  /**
   * @param permits how many there are
   * @param places how many requests may wait
   */
  Share(int permits, int places) {
    this.permits = new Pool(permits);
    this.places = new Pool(places);
  }

  /** Takes a permit if there is one for this client. Nobody who waits is overtaken by it. */
  synchronized @Nullable Permit tryTake(String client) {
    return permits.take(client) ? taken(client) : null;
  }

  /**
   * Waits for a permit without a thread.
   *
   * @param onGrant gets the permit, in the thread of whoever gave one back, or in this one; says
   *     whether it is of use
   * @return null if too many wait already
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

  /** Whether one more request of this client may wait. */
  synchronized boolean hasPlace(String client) {
    return places.has(client);
  }

  /** Whether somebody waits. */
  synchronized boolean isAwaited() {
    return !queue.isEmpty();
  }

  /** Breaks off as many slow readers as there are requests that wait, the longest at work first. */
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

  /** Breaks off all readers that a write waits for. */
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

  /** Takes a permit for the first who may have one. */
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

  /** The leave to hold a thread. */
  final class Permit {
    private final String client;
    private volatile @Nullable ReaderPace pace;

    private Permit(String client) {
      this.client = client;
    }

    /** Lets the reader whom this is for be broken off when it is slow and others wait. */
    void watch(ReaderPace readerPace) {
      pace = readerPace;
    }

    /** Gives it back; once is enough. */
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
     * Waits no longer.
     *
     * @return false if the permit was given before
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

  /** So many of something, none of which goes to one client alone. */
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
