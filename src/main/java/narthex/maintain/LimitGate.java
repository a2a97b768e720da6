package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import narthex.blob.CountingBlobStore;
import narthex.nix.OneLine;

/**
 * Lets nobody begin to store a NAR while the store is above its limit, so that the store is never
 * above it by more than what is in flight. Clients may fetch faster than the {@link Eviction} that
 * runs by itself, because that one gives readers a grace before it deletes blobs.
 *
 * <p>The first one who comes evicts and collects at once; the others wait for it. If that takes too
 * long, or if nothing may be evicted, they go on. While chunks can't be removed, because a slow
 * writer or a replica that was killed may still need them, one of them tries again every minute.
 * Thread-safe.
 */
public final class LimitGate {
  private static final System.Logger LOG = System.getLogger(LimitGate.class.getName());

  /** The longest that anybody waits. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  /** How long nobody waits after nothing could be evicted or removed. */
  private static final Duration HOPELESS_FOR = Duration.ofMinutes(1);

  private final Eviction.Limits limits;
  private final Eviction eviction;
  private final WholeCollection collection;
  private final CountingBlobStore blobs;
  private final InstantSource clock;
  private final Pause pause;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile Instant openUntil = Instant.MIN;

  /**
   * @param eviction evicts down to the low-water mark of the limits
   * @param collection deletes what was evicted
   * @param blobs knows the stored bytes
   */
  public LimitGate(
      Eviction.Limits limits,
      Eviction eviction,
      WholeCollection collection,
      CountingBlobStore blobs,
      InstantSource clock) {
    this(limits, eviction, collection, blobs, clock, Pause.SHORT);
  }

  LimitGate(
      Eviction.Limits limits,
      Eviction eviction,
      WholeCollection collection,
      CountingBlobStore blobs,
      InstantSource clock,
      Pause pause) {
    this.limits = limits;
    this.eviction = eviction;
    this.collection = collection;
    this.blobs = blobs;
    this.clock = clock;
    this.pause = pause;
  }

  /** Waits until the store is within its limit of bytes. Never throws. */
  public void await() {
    try {
      if (!isClosed() || !lock.tryLock(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
      try {
        makeRoom();
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      openForAWhile();
      LOG.log(Level.WARNING, "the limit of space is not held reason={0}", OneLine.reason(e));
    }
  }

  private void openForAWhile() {
    openUntil = clock.instant().plus(HOPELESS_FOR);
  }

  private boolean isClosed() {
    OptionalLong max = limits.maxBytes();
    OptionalLong stored = blobs.bytes();
    return max.isPresent()
        && stored.isPresent()
        && stored.getAsLong() >= max.getAsLong()
        && !clock.instant().isBefore(openUntil);
  }

  private void makeRoom() throws IOException {
    Instant end = clock.instant().plus(LONGEST_WAIT);
    Progress untilEnd = new Until(end);
    while (isClosed() && !untilEnd.isStopped()) {
      boolean isEnough = eviction.runNow(stored -> limits.lowBytes(), untilEnd).isEnough();
      boolean isCollected = collection.runUrgently(untilEnd);
      if (isClosed() && isEnough && !isCollected) {
        openForAWhile();
        LOG.log(Level.WARNING, "the limit of space is not held: unused chunks are still needed");
      } else if (isClosed() && !isEnough && !untilEnd.isStopped()) {
        openForAWhile();
      }
      if (isClosed()) {
        pause.pause();
      }
    }
  }

  private final class Until implements Progress {
    private final Instant end;

    Until(Instant end) {
      this.end = end;
    }

    @Override
    public void at(String step, long done, long total) {
      // nobody looks
    }

    @Override
    public void tell(String line) {
      LOG.log(Level.WARNING, line);
    }

    @Override
    public boolean isStopped() {
      return !clock.instant().isBefore(end);
    }
  }
}
