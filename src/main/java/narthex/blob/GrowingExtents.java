package narthex.blob;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The durable extents of a representation in flight, from its first byte on and in order. They can
 * be read from the store without the manifest, but aren't verified before the manifest is complete.
 * Thread-safe.
 */
public final class GrowingExtents {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Extent> extents = new ArrayList<>(); // guarded by lock
  private boolean ended; // guarded by lock
  private final CompletableFuture<Long> followed = new CompletableFuture<>();

  /** The writer adds the next extent. Durable bytes may lag behind written ones. */
  public void add(Extent next) {
    lock.lock();
    try {
      extents.add(next);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The extents so far. */
  public List<Extent> list() {
    lock.lock();
    try {
      return List.copyOf(extents);
    } finally {
      lock.unlock();
    }
  }

  /** No extent will follow, as the representation is complete or has failed. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the representation is complete or has failed. */
  public boolean isEnded() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until there are more extents, or the representation has ended.
   *
   * @param known number of extents that the caller has
   * @return the extents after those; empty if none came in time or none will come
   * @throws IOException if the wait was interrupted
   */
  public List<Extent> awaitMore(int known, Duration patience) throws IOException {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (extents.size() <= known && !ended && left > 0) {
        left = changed.awaitNanos(left);
      }
      return List.copyOf(extents.subList(known, extents.size()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a NAR in flight", e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reports that another replica reads the extents, so that the writer should make bytes durable
   * soon, although its part or pack isn't full.
   */
  public void followed() {
    followed.complete(System.nanoTime());
  }

  /** When the first replica began to read, in {@link System#nanoTime}; only if one has. */
  long followedNanos() {
    return followed.join();
  }

  /** Runs the action once, when a replica begins to read; at once if one already does. */
  public void whenFollowed(Runnable action) {
    var unused = followed.thenRun(action);
  }

  /** Whether another replica reads the extents. */
  public boolean isFollowed() {
    return followed.isDone();
  }
}
