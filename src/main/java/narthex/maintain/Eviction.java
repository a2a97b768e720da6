package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import narthex.blob.CountingBlobStore;
import narthex.db.Database;
import narthex.db.GarbageTable;
import narthex.db.NarInfoRow;
import narthex.db.UsedNar;
import narthex.maintain.EvictionWalk.Candidate;
import narthex.maintain.EvictionWalk.Found;
import narthex.nix.OneLine;
import narthex.nix.Sha256;
import narthex.store.StoredNars;
import narthex.upstream.Upstreams;

/**
 * Evicts NARs when the store takes more space than it may, the least recently used first.
 *
 * <h2>How</h2>
 *
 * When a limit is passed, {@link EvictionWalk} finds what deleting each NAR would free. Then NARs
 * are evicted until enough is gone for the low-water mark. An evicted NAR loses its stored forms
 * and keeps its narinfos: a client that asks for it gets it fetched again. Before that, the
 * upstreams are asked whether they still have it, unless the policy is to keep nothing.
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

  /** How many NARs the upstreams are asked for at once. */
  private static final int AT_ONCE = 16;

  private static final int PAGE = 100;
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(10);

  /**
   * Pauses take so many times as long as the eviction before, which so takes little of the time.
   */
  private static final int PAUSES = 10;

  private static final Duration WARN_EVERY = Duration.ofHours(1);

  /** How long not to ask again for a NAR that no upstream has. */
  private static final Duration ABSENT_FOR = Duration.ofDays(1);

  /** How long not to ask again for a NAR of which no upstream could tell. */
  private static final Duration UNKNOWN_FOR = Duration.ofMinutes(10);

  private static final int MOST_REMEMBERED = 200_000;

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
  public record Limits(OptionalLong maxBytes, OptionalLong minFreeBytes, double lowWater) {}

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
  private final Availability availability;
  private final Deletion deletion;
  private final DeleteGarbage garbage;

  private final ReentrantLock lock = new ReentrantLock();

  /** NARs that were spared because of what the upstreams said, until when. Guarded by lock. */
  private final Map<Sha256, Instant> spared = new HashMap<>();

  private Instant notBefore = Instant.MIN; // guarded by lock
  private volatile Instant hopelessUntil = Instant.MIN;
  private Instant warnedAt = Instant.MIN; // guarded by lock
  private Duration grace = GarbageTable.GRACE; // of blobs; guarded by lock

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
    this.space = new Space(policy.limits(), blobs, free, clock);
    this.availability = new Availability(nars.database(), nars.upstreams(), clock);
    this.deletion = new Deletion(nars.database(), nars.stored(), nars.pins(), clock);
    this.garbage = new DeleteGarbage(nars.database(), blobs, clock);
  }

  /** What one eviction did. */
  private static final class Tally {
    long evicted;
    long bytes;
    long absent;
    long unknown;
    long used;
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
        evict();
      }
    } catch (IOException | RuntimeException e) {
      notBefore = clock.instant().plus(SHORTEST_PAUSE);
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
          grace = Duration.ZERO;
          evict();
          deleteGarbage();
          hopelessUntil = isFull() ? clock.instant().plus(HOPELESS_FOR) : Instant.MIN;
        }
      } finally {
        grace = GarbageTable.GRACE;
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      hopelessUntil = clock.instant().plus(HOPELESS_FOR);
      LOG.log(Level.WARNING, "no room made on a full disk reason={0}", OneLine.reason(e));
    }
  }

  private boolean isFull() throws IOException {
    return policy.limits().minFreeBytes().isPresent()
        && free.bytes() < FULL_BYTES
        && !clock.instant().isBefore(hopelessUntil);
  }

  private void evict() throws IOException {
    Instant start = clock.instant();
    space.count();
    nars.stored().uses().write();
    spared.values().removeIf(until -> !until.isAfter(start));
    Tally tally = new Tally();
    Found found = null;
    try {
      boolean isOver = space.excess() > 0;
      while (isOver) {
        long before = tally.evicted;
        nars.pins().update();
        found = new EvictionWalk(nars.database().uses(), nar -> isSpared(nar, start)).run();
        evict(found.candidates(), tally);
        isOver = space.excess() > 0 && tally.evicted > before;
      }
    } finally {
      Duration taken = Duration.between(start, clock.instant()).multipliedBy(PAUSES);
      notBefore =
          clock.instant().plus(taken.compareTo(SHORTEST_PAUSE) > 0 ? taken : SHORTEST_PAUSE);
      if (found != null) {
        report(found, tally);
      }
    }
  }

  private void report(Found found, Tally tally) throws IOException {
    if (tally.evicted > 0) {
      means.collectSoon().run();
      LOG.log(
          Level.INFO,
          "nars evicted count={0} bytes={1} storedBytes={2} spared={3} unavailable={4}"
              + " cannotTell={5} usedMeanwhile={6}",
          Long.toString(tally.evicted),
          Long.toString(tally.bytes),
          Long.toString(space.storedBytes()),
          Long.toString(found.spared()),
          Long.toString(tally.absent),
          Long.toString(tally.unknown),
          Long.toString(tally.used));
    }
    long excess = space.excess();
    boolean isStuck = excess > 0 && tally.used == 0;
    if (isStuck && !warnedAt.plus(WARN_EVERY).isAfter(clock.instant())) {
      warnedAt = clock.instant();
      LOG.log(
          Level.WARNING,
          "the limit of space cannot be held: nothing else may be evicted excessBytes={0}"
              + " storedBytes={1} spared={2} sparedBytes={3} unavailable={4} cannotTell={5}",
          Long.toString(excess),
          Long.toString(space.storedBytes()),
          Long.toString(found.spared()),
          Long.toString(found.sparedBytes()),
          Long.toString(tally.absent),
          Long.toString(tally.unknown));
    }
  }

  private boolean isSpared(UsedNar nar, Instant now) {
    boolean isSparedUpload =
        nar.origin() == UsedNar.Origin.UPLOAD
            && (policy.keep() == Keep.UNAVAILABLE
                || nar.storedAt().isAfter(now.minus(policy.spareUploads())));
    return isSparedUpload || spared.containsKey(nar.hash()) || nar.isPinned();
  }

  private void evict(Deque<Candidate> candidates, Tally tally) throws IOException {
    long excess = space.excess();
    while (excess > 0 && !candidates.isEmpty()) {
      List<Candidate> batch = new ArrayList<>();
      while (excess > 0 && !candidates.isEmpty() && batch.size() < AT_ONCE) {
        Candidate next = candidates.removeFirst();
        if (next.bytes() > 0) { // else all its chunks are needed by others
          batch.add(next);
          excess -= next.bytes();
        }
      }
      List<Availability.Answer> answers = ask(batch);
      nars.pins().follow(); // narinfos that came since the walk
      for (int i = 0; i < batch.size(); i++) {
        evict(batch.get(i), answers.get(i), tally);
      }
      excess = space.excess();
    }
  }

  /** Asks the upstreams for the NARs of a batch where the answer matters. */
  private List<Availability.Answer> ask(List<Candidate> batch) throws IOException {
    Set<Sha256> asked = new HashSet<>();
    for (Candidate candidate : batch) {
      UsedNar nar = candidate.nar();
      if (policy.keep() == Keep.UNAVAILABLE || nar.origin() == UsedNar.Origin.UPLOAD) {
        asked.add(nar.hash());
      }
    }
    Map<Sha256, Availability.Answer> answers = availability.askAll(asked, means.threads());
    return batch.stream()
        .map(one -> answers.getOrDefault(one.nar().hash(), Availability.Answer.AVAILABLE))
        .toList();
  }

  private void evict(Candidate candidate, Availability.Answer answer, Tally tally)
      throws IOException {
    UsedNar nar = candidate.nar();
    if (policy.keep() == Keep.UNAVAILABLE && answer != Availability.Answer.AVAILABLE) {
      boolean isAbsent = answer == Availability.Answer.ABSENT;
      tally.absent += isAbsent ? 1 : 0;
      tally.unknown += isAbsent ? 0 : 1;
      spare(nar.hash(), isAbsent ? ABSENT_FOR : UNKNOWN_FOR);
    } else if (nars.stored().uses().isNoted(nar.hash())
        || !delete(nar, answer == Availability.Answer.ABSENT)) {
      tally.used++;
    } else {
      tally.evicted++;
      tally.bytes += candidate.bytes();
      space.evicted(candidate.bytes());
    }
  }

  private void spare(Sha256 narHash, Duration time) {
    if (spared.size() < MOST_REMEMBERED) {
      spared.put(narHash, clock.instant().plus(time));
    }
  }

  /**
   * Deletes the stored forms of a NAR, and its narinfos if nothing could serve them any more.
   * Returns false if it was used meanwhile.
   */
  private boolean delete(UsedNar nar, boolean isNowhere) throws IOException {
    if (!nars.stored().evict(nar, clock.instant().plus(grace))) {
      return false;
    }
    deletion.deleteListing(nar.hash());
    if (isNowhere) {
      for (NarInfoRow row : nars.database().findNarInfosOf(nar.hash())) {
        deletion.deleteUnpinned(row.said().storePath().hash());
      }
    }
    return true;
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
