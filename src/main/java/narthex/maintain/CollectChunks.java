package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import narthex.db.CollectionTable;
import narthex.db.CollectionTable.State;
import narthex.db.Database;
import narthex.db.GarbageTable;
import narthex.db.UseTable;

/**
 * Removes chunks that no manifest refers to, in rounds of two steps.
 *
 * <h2>Problem</h2>
 *
 * NARs share chunks, and a chunk doesn't know the manifests that refer to it. NARs are stored,
 * served and deleted during the search, on every replica. No chunk may be lost that any NAR needs.
 *
 * <h2>How</h2>
 *
 * The first step reads all manifests and marks the chunks that none refers to. Writers that begin
 * later don't find a marked chunk. When all writers that began earlier have ended, on all replicas
 * ({@link CollectionRounds}), the second step reads all manifests again, because NARs were stored
 * since the first search. It removes the marks of chunks that a manifest refers to now, and deletes
 * the rows of the others. Packs without rows become garbage; those with few are compacted by {@link
 * CompactPacks}.
 *
 * <p>Both steps keep one bit for each chunk number in a window of numbers, so memory is bounded; if
 * there are more numbers, they read the manifests once for each window. A step that was interrupted
 * begins again.
 */
public final class CollectChunks implements Chore<CollectChunks.Step> {
  /** What is done in a round. */
  public enum Step {
    /** Mark the chunks that no manifest refers to. */
    MARK,
    /** Delete the marked chunks. */
    REMOVE
  }

  private static final System.Logger LOG = System.getLogger(CollectChunks.class.getName());

  /** Numbers of one window: 8 MiB of memory, and at the default chunk size 4 TiB of chunks. */
  private static final int WINDOW = 1 << 26;

  private static final int CHUNKS_AT_ONCE = 2_000;

  /** Rows that are deleted in one transaction, during which SQLite has no other writer. */
  private static final int REMOVED_AT_ONCE = 500;

  private final CollectionTable collection;
  private final CollectionRounds rounds;
  private final Duration period;
  private final InstantSource clock;
  private final int window;

  /** Two runs at the same time would do the same work. */
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * @param rounds knows whether writers that began before a round have ended
   * @param period time between the beginnings of two rounds
   */
  public CollectChunks(
      Database database, CollectionRounds rounds, Duration period, InstantSource clock) {
    this(database, rounds, period, clock, WINDOW);
  }

  CollectChunks(
      Database database,
      CollectionRounds rounds,
      Duration period,
      InstantSource clock,
      int window) {
    this.collection = database.collection();
    this.rounds = rounds;
    this.period = period;
    this.clock = clock;
    this.window = window;
  }

  @Override
  public String name() {
    return "collect chunks";
  }

  @Override
  public String done() {
    return "steps of the chunk collection";
  }

  @Override
  public List<Step> find(Optional<Step> after, int most) throws IOException {
    if (after.isPresent()) {
      return List.of();
    }
    State state = collection.state();
    if (state.isPending()) {
      return rounds.haveAllPassed(state) ? List.of(Step.REMOVE) : List.of();
    }
    boolean isDue = state.isWanted() || !clock.instant().isBefore(state.beganAt().plus(period));
    return isDue ? List.of(Step.MARK) : List.of();
  }

  /** Does nothing while another run is at work, or if the step has been done meanwhile. */
  @Override
  public boolean run(Step step) throws IOException {
    if (!lock.tryLock()) {
      return false;
    }
    try {
      if (collection.state().isPending() != (step == Step.REMOVE)) {
        return false;
      }
      return (step == Step.MARK ? mark() : remove()) > 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * What {@link #runNow} did.
   *
   * @param removed how many chunks it removed
   * @param isFinished false if it was stopped before all of the chunks were removed
   */
  record Round(long removed, boolean isFinished) {}

  /**
   * Runs a whole round now. Waits for the writers that began before; also removes the chunks of a
   * round that is pending already. Other replicas may do the same at the same time: then some work
   * is done twice.
   */
  Round runNow(Pause pause, Progress progress) throws IOException {
    long removed = 0;
    for (int rounds = 0; rounds < 2; rounds++) { // the pending one, and a new one
      if (rounds == 1) {
        progress.at("chunks without a NAR: searched", 0, 0);
        markNow();
      }
      progress.at("chunks without a NAR: wait for writers", 0, 0);
      if (!awaitWriters(pause, progress)) {
        return new Round(removed, false);
      }
      removed += removeNow();
      progress.at("chunks without a NAR", removed, removed);
    }
    return new Round(removed, true);
  }

  /** Returns false if the work was stopped. */
  private boolean awaitWriters(Pause pause, Progress progress) throws IOException {
    State state = collection.state();
    while (state.isPending() && !rounds.haveAllPassed(state)) {
      if (progress.isStopped()) {
        return false;
      }
      pause.pause();
      state = collection.state();
    }
    return !progress.isStopped();
  }

  private void markNow() throws IOException {
    lock.lock();
    try {
      if (!collection.state().isPending()) {
        mark();
      }
    } finally {
      lock.unlock();
    }
  }

  private long removeNow() throws IOException {
    lock.lock();
    try {
      State state = collection.state();
      return state.isPending() && rounds.haveAllPassed(state) ? remove() : 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Counts the chunks that no manifest refers to now, and their bytes. Changes nothing.
   *
   * @param uses knows the length of chunks
   */
  Unused count(UseTable uses) throws IOException {
    long[] bytes = {0};
    Work sum =
        (used, unused) -> {
          bytes[0] += uses.storedBytes(unused.stream().mapToLong(Long::longValue).toArray());
          return unused.size();
        };
    long end = collection.endOfNumbers();
    long count = walk(end, (after, last) -> collection.findAll(after, last, CHUNKS_AT_ONCE), sum);
    return new Unused(count, bytes[0]);
  }

  /** Chunks that no manifest refers to. */
  record Unused(long count, long bytes) {}

  private long mark() throws IOException {
    collection.begin(clock.instant());
    long end = collection.endOfNumbers();
    long marked =
        walk(
            end,
            (after, last) -> collection.findAll(after, last, CHUNKS_AT_ONCE),
            (used, unused) -> collection.mark(unused));
    if (marked > 0 || !collection.findMarked(0, end, 1).isEmpty()) { // of an interrupted search
      collection.marked();
      LOG.log(Level.INFO, "chunks without nar found count={0}", Long.toString(marked));
    }
    return marked;
  }

  private long remove() throws IOException {
    long removed =
        walk(
            collection.endOfNumbers(),
            (after, last) -> collection.findMarked(after, last, REMOVED_AT_ONCE),
            (used, unused) -> {
              collection.unmark(used);
              return collection.remove(unused, clock.instant().plus(GarbageTable.GRACE));
            });
    collection.removed();
    LOG.log(Level.INFO, "chunks without nar removed count={0}", Long.toString(removed));
    return removed;
  }

  /** Finds some chunks between two numbers, sorted by number. */
  private interface Query {
    List<Long> find(long after, long end) throws IOException;
  }

  /** Works on chunks that a manifest refers to and others; returns how many it counts. */
  private interface Work {
    int run(List<Long> used, List<Long> unused) throws IOException;
  }

  /** Works on all chunks below a number. Reads the manifests once for each window with chunks. */
  private long walk(long end, Query query, Work work) throws IOException {
    long count = 0;
    for (long first = 0; first < end; first += window) {
      long last = Math.min(end, first + window);
      List<Long> page = query.find(first - 1, last);
      BitSet referred = page.isEmpty() ? new BitSet() : findReferred(first, last);
      while (!page.isEmpty()) {
        List<Long> used = new ArrayList<>();
        List<Long> unused = new ArrayList<>();
        for (long number : page) {
          (referred.get((int) (number - first)) ? used : unused).add(number);
        }
        count += work.run(used, unused);
        page = query.find(page.get(page.size() - 1), last);
      }
    }
    return count;
  }

  /** Returns the numbers from {@code first} to before {@code end} that a manifest refers to. */
  private BitSet findReferred(long first, long end) throws IOException {
    BitSet referred = new BitSet();
    collection.references(
        number -> {
          if (number >= first && number < end) {
            referred.set((int) (number - first));
          }
        },
        () -> true);
    return referred;
  }
}
