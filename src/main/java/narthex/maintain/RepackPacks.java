package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import narthex.chunk.PackCompaction;
import narthex.db.CollectionTable;
import narthex.db.Database;
import narthex.db.GarbageTable;
import narthex.db.RepackTable.Candidate;

/**
 * Compresses packs again at a higher level while the server is idle, those with the oldest chunks
 * first, each once. Leaves sparse packs to {@link CompactPacks}. It holds one compressor at a time,
 * of some ten MiB.
 *
 * <p>The oldest packs come first because what has been stored for long will probably stay. The last
 * use of their NARs isn't considered: to know it for a pack, all manifests would have to be read,
 * and the order matters only until each pack had its turn.
 */
public final class RepackPacks implements Chore<Candidate> {
  private static final System.Logger LOG = System.getLogger(RepackPacks.class.getName());

  /** Rows of chunks that one search reads: packs of the usual size have about 400. */
  private static final int ROWS_AT_ONCE = 5_000;

  /** How long to wait until new packs are searched for: the search passes all chunks. */
  private static final Duration SEARCH_EVERY = Duration.ofHours(1);

  private static final Duration LOG_EVERY = Duration.ofMinutes(1);

  private final CollectionTable collection;
  private final PackCompaction compaction;
  private final int level;
  private final Idle idle;
  private final InstantSource clock;
  private final ReentrantLock lock;

  private volatile boolean isAllDone;
  private Instant loggedAt = Instant.EPOCH; // guarded by lock
  private long packs; // since the last log line; guarded by lock
  private long freed; // since the last log line; guarded by lock

  /**
   * @param compaction shared with everything that rewrites packs of this store; has a level
   * @param idle is asked before each frame; the pack stays as it is if the server isn't idle
   */
  public RepackPacks(Database database, PackCompaction compaction, Idle idle, InstantSource clock) {
    this.collection = database.collection();
    this.compaction = compaction;
    this.level = compaction.level().orElseThrow();
    this.idle = idle;
    this.clock = clock;
    this.lock = compaction.lock();
  }

  @Override
  public String name() {
    return "compress packs again";
  }

  @Override
  public String done() {
    return "packs compressed again";
  }

  @Override
  public List<Candidate> find(Optional<Candidate> after, int most) throws IOException {
    isAllDone = false;
    if (!idle.isIdle()) {
      return List.of();
    }
    long number = after.map(Candidate::number).orElse(0L);
    Map<String, Candidate> last = new LinkedHashMap<>();
    for (Candidate row : collection.repacking().find(number, level, ROWS_AT_ONCE)) {
      if (last.size() == most && !last.containsKey(row.pack())) {
        break;
      }
      last.put(row.pack(), row);
    }
    isAllDone = last.isEmpty() && after.isEmpty();
    List<Candidate> packs = new ArrayList<>(last.values());
    packs.sort(Comparator.comparingLong(Candidate::number));
    return packs;
  }

  @Override
  public boolean run(Candidate candidate) throws IOException {
    if (!lock.tryLock()) {
      return false;
    }
    try {
      OptionalLong gain =
          compaction.compress(
              candidate.pack(),
              () -> idle.isIdle() && !Thread.currentThread().isInterrupted(),
              clock.instant().plus(GarbageTable.GRACE));
      if (gain.isPresent()) {
        log(candidate, gain.getAsLong());
      }
      return gain.orElse(0) > 0;
    } finally {
      lock.unlock();
    }
  }

  private void log(Candidate candidate, long gain) throws IOException {
    packs++;
    freed += gain;
    Instant now = clock.instant();
    if (!now.isBefore(loggedAt.plus(LOG_EVERY))) {
      LOG.log(
          Level.INFO,
          "packs compressed again packs={0} freed={1} chunk={2} of={3}",
          Long.toString(packs),
          Long.toString(freed),
          Long.toString(candidate.number()),
          Long.toString(collection.endOfNumbers()));
      loggedAt = now;
      packs = 0;
      freed = 0;
    }
  }

  @Override
  public Duration pause() {
    return isAllDone ? SEARCH_EVERY : Duration.ZERO;
  }
}
