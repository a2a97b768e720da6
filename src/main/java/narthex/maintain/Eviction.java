package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongUnaryOperator;
import narthex.blob.CountingBlobStore;
import narthex.db.Database;
import narthex.db.GarbageTable;
import narthex.maintain.EvictNars.Tally;
import narthex.maintain.EvictionWalk.Candidate;
import narthex.nix.OneLine;
import narthex.store.StoredNars;
import narthex.upstream.Upstreams;

/**
 * Evicts NARs when the store takes more space than it may, the least recently used first.
 *
 * <h2>How</h2>
 *
 * When a limit is passed, {@link EvictionWalk} finds NARs, and what deleting each of them would
 * free. These are evicted until enough is gone for the low-water mark. An evicted NAR loses its
 * stored forms and keeps its narinfos: a client that asks for it gets it fetched again. Before
 * that, the upstreams are asked whether they still have it, unless the policy is to keep nothing.
 *
 * <p>A NAR that is in flight has no row yet, so it isn't found. One that is used after the walk
 * found it is skipped.
 *
 * <p>Doesn't run as a {@link Chore}, because a full disk can't wait until a long chore ends.
 * Thread-safe.
 */
public final class Eviction {
  private static final System.Logger LOG = System.getLogger(Eviction.class.getName());
  private static final String NAME = "evict NARs";

  private static final int PAGE = 100;
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(10);

  /**
   * Pauses take so many times as long as the eviction before, which so takes little of the time.
   */
  private static final int PAUSES = 10;

  private static final Duration WARN_EVERY = Duration.ofHours(1);

  /** Less free space may not even suffice for the database. */
  public static final long FULL_BYTES = 64L << 20;

  /** Longest wait of a writer for an eviction by another thread. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  /** How long writers don't try again to make room on a full disk where nothing can be evicted. */
  private static final Duration HOPELESS_FOR = Duration.ofMinutes(1);

  /**
   * The limits.
   *
   * @param maxBytes most bytes that the store may take; empty for any number
   * @param minFreeBytes least free bytes of the file system; empty for any number
   * @param lowWater fraction of {@code maxBytes} to evict down to
   */
  public record Limits(OptionalLong maxBytes, OptionalLong minFreeBytes, double lowWater) {
    /** Returns the bytes to evict down to; there must be a limit of bytes. */
    long lowBytes() {
      return (long) (maxBytes.orElseThrow() * lowWater);
    }
  }

  /** What is kept in any case. */
  public enum Keep {
    /** What was uploaded, and what no upstream has any more. */
    UNAVAILABLE,
    /** Nothing. */
    NOTHING
  }

  /**
   * When and what to evict.
   *
   * @param spareUploads how long to keep an upload in any case
   */
  public record Policy(Limits limits, Duration spareUploads, Keep keep) {}

  /**
   * The stored NARs.
   *
   * @param upstreams may have evicted NARs
   * @param pins what they keep is never evicted
   */
  public record Nars(Database database, StoredNars stored, Upstreams upstreams, Pins pins) {}

  /** Knows the free space of the file system of the store. */
  @FunctionalInterface
  public interface FreeSpace {
    /** Returns the free bytes. */
    long bytes() throws IOException;
  }

  /**
   * How eviction works with others.
   *
   * @param leases decide whether this replica evicts
   * @param threads run questions to the upstreams
   * @param collectSoon requests that chunks without a NAR are deleted soon
   */
  public record Means(Leases leases, ExecutorService threads, Runnable collectSoon) {}

  private final Policy policy;
  private final Nars nars;
  private final Means means;
  private final InstantSource clock;
  private final FreeSpace free;
  private final Space space;
  private final EvictNars evictNars;
  private final DeleteGarbage garbage;

  private final LongAdder evictedNars = new LongAdder();
  private final LongAdder evictedBytes = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final ReentrantLock lock = new ReentrantLock();

  private Instant notBefore = Instant.MIN; // guarded by lock
  private volatile Instant hopelessUntil = Instant.MIN;
  private Instant warnedAt = Instant.MIN; // guarded by lock

  /**
   * @param blobs the store
   * @param free used only if the policy has a limit of free bytes
   */
  public Eviction(
      Policy policy,
      Nars nars,
      CountingBlobStore blobs,
      FreeSpace free,
      Means means,
      InstantSource clock) {
    this.policy = policy;
    this.nars = nars;
    this.means = means;
    this.clock = clock;
    this.free = free;
    this.space = new Space(policy.limits(), blobs, free, nars.database().garbage()::isHeld, clock);
    this.evictNars = new EvictNars(policy, nars, means.threads(), space, clock);
    this.garbage = new DeleteGarbage(nars.database(), blobs, clock);
  }

  /**
   * Evicts if a limit is passed and this replica is the one that does. Call it every few seconds.
   * Never throws.
   */
  public void check() {
    lock.lock();
    try {
      if (!means.leases().isOurs(NAME)) {
        return;
      }
      if (space.isSettling()) {
        deleteGarbage();
      }
      if (!clock.instant().isBefore(notBefore) && space.isPassed()) {
        evict(new Tally(GarbageTable.GRACE, Progress.SILENT));
      }
    } catch (IOException | RuntimeException e) {
      notBefore = clock.instant().plus(SHORTEST_PAUSE);
      failures.increment();
      LOG.log(Level.WARNING, "eviction failed, will retry reason={0}", OneLine.reason(e));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Evicts at once if the disk is nearly full, and deletes the blobs without a grace. Called by a
   * writer before it writes; the writer waits, rather than fail. Never throws.
   */
  public void makeRoom() {
    try {
      if (!isFull() || !lock.tryLock(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
      try {
        if (isFull()) {
          evict(new Tally(Duration.ZERO, Progress.SILENT));
          deleteGarbage();
          hopelessUntil = isFull() ? clock.instant().plus(HOPELESS_FOR) : Instant.MIN;
        }
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      hopelessUntil = clock.instant().plus(HOPELESS_FOR);
      failures.increment();
      LOG.log(Level.WARNING, "no room made on a full disk reason={0}", OneLine.reason(e));
    }
  }

  private boolean isFull() throws IOException {
    return policy.limits().minFreeBytes().isPresent()
        && free.bytes() < FULL_BYTES
        && !clock.instant().isBefore(hopelessUntil);
  }

  /** Number of NARs that were evicted since the start. */
  public long evictedNars() {
    return evictedNars.sum();
  }

  /** What deleting all NARs that were evicted since the start frees. */
  public long evictedBytes() {
    return evictedBytes.sum();
  }

  /** Number of evictions since the start that failed. */
  public long failures() {
    return failures.sum();
  }

  /**
   * What an eviction on demand did, or would do.
   *
   * @param nars how many NARs it evicted
   * @param bytes what deleting them frees
   * @param storedBytes the stored bytes before
   * @param isEnough false if it was stopped, or no other NAR may be evicted
   */
  public record Evicted(long nars, long bytes, long storedBytes, boolean isEnough) {}

  /**
   * Evicts now, whatever the limits are, until at most so much is stored. The blobs are deleted
   * later.
   *
   * @param target gives the bytes to keep for the bytes that are stored now
   * @throws IOException if the database or the blob store fails; what is done stays done
   */
  public Evicted runNow(LongUnaryOperator target, Progress progress) throws IOException {
    lock.lock();
    try {
      space.count();
      long stored = space.storedBytes() - space.pending();
      space.aim(OptionalLong.of(target.applyAsLong(stored)));
      Tally tally = new Tally(GarbageTable.GRACE, progress);
      evict(tally);
      return new Evicted(tally.evicted, tally.bytes, stored, space.excess() <= 0);
    } finally {
      space.aim(OptionalLong.empty());
      lock.unlock();
    }
  }

  /**
   * Counts what {@link #runNow} would evict. Changes nothing, and doesn't ask the upstreams. If it
   * is stopped, it hasn't counted enough.
   *
   * @throws IOException if the database or the blob store fails
   */
  public Evicted count(LongUnaryOperator target, Progress progress) throws IOException {
    lock.lock();
    try {
      space.count();
      long stored = space.storedBytes() - space.pending();
      long excess = stored - target.applyAsLong(stored);
      nars.stored().uses().write();
      Evicted counted = new Evicted(0, 0, stored, excess <= 0);
      if (excess > 0) {
        EvictionWalk walk = walk(progress);
        Optional<Candidate> next = walk.next();
        while (next.isPresent() && !counted.isEnough()) {
          long bytes = counted.bytes() + next.get().bytes();
          counted = new Evicted(counted.nars() + 1, bytes, stored, bytes >= excess);
          next = walk.next();
        }
      }
      return counted;
    } finally {
      lock.unlock();
    }
  }

  private EvictionWalk walk(Progress progress) throws IOException {
    nars.pins().update();
    return EvictionWalk.begin(nars.database(), evictNars.sparing(clock.instant()), progress);
  }

  private void evict(Tally tally) throws IOException {
    Instant start = clock.instant();
    space.count();
    nars.stored().uses().write();
    evictNars.forget(start);
    try {
      boolean isOver = space.excess() > 0;
      while (isOver) {
        long before = tally.evicted;
        evictNars.evict(walk(tally.progress), tally);
        isOver = space.excess() > 0 && tally.evicted > before && !tally.progress.isStopped();
      }
    } finally {
      evictedNars.add(tally.evicted);
      evictedBytes.add(tally.bytes);
      Duration taken = Duration.between(start, clock.instant()).multipliedBy(PAUSES);
      notBefore =
          clock.instant().plus(taken.compareTo(SHORTEST_PAUSE) > 0 ? taken : SHORTEST_PAUSE);
      if (tally.isSearched) {
        report(tally);
      }
    }
  }

  private void report(Tally tally) throws IOException {
    if (tally.evicted > 0) {
      means.collectSoon().run();
      LOG.log(
          Level.INFO,
          "nars evicted count={0} bytes={1} storedBytes={2} spared={3} unavailable={4}"
              + " cannotTell={5} usedMeanwhile={6}",
          Long.toString(tally.evicted),
          Long.toString(tally.bytes),
          Long.toString(space.storedBytes()),
          Long.toString(tally.spared),
          Long.toString(tally.absent),
          Long.toString(tally.unknown),
          Long.toString(tally.used));
    }
    long excess = space.excess();
    boolean isStuck = excess > 0 && tally.used == 0 && !tally.progress.isStopped();
    if (isStuck && !warnedAt.plus(WARN_EVERY).isAfter(clock.instant())) {
      warnedAt = clock.instant();
      LOG.log(
          Level.WARNING,
          "the limit of space cannot be held: nothing else may be evicted excessBytes={0}"
              + " storedBytes={1} spared={2} unavailable={3} cannotTell={4}",
          Long.toString(excess),
          Long.toString(space.storedBytes()),
          Long.toString(tally.spared),
          Long.toString(tally.absent),
          Long.toString(tally.unknown));
    }
  }

  /**
   * Deletes the blobs of evicted NARs, even while long chores run. What fails is left to the chore,
   * which tries again.
   */
  private void deleteGarbage() {
    try {
      List<String> due = garbage.find(Optional.empty(), PAGE);
      while (!due.isEmpty()) {
        for (String blob : due) {
          garbage.run(blob);
        }
        due = garbage.find(Optional.of(due.get(due.size() - 1)), PAGE);
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "garbage not deleted yet reason={0}", OneLine.reason(e));
    }
  }
}
