package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import narthex.chunk.PackCompaction;
import narthex.db.CollectionTable;
import narthex.db.Database;
import narthex.db.GarbageTable;

/**
 * Compacts packs that mostly consist of frames that no chunk refers to. In the background it also
 * compresses the chunks again while the server is idle, so that they are written once; on demand it
 * copies them, because somebody waits for the space.
 */
public final class CompactPacks implements Chore<String> {
  private static final System.Logger LOG = System.getLogger(CompactPacks.class.getName());

  /** Packs that one run looks at, to fill a new pack. */
  private static final int PACKS_AT_ONCE = 64;

  private final CollectionTable collection;
  private final PackCompaction compaction;
  private final double below;
  private final Idle idle;
  private final InstantSource clock;
  private final ReentrantLock lock;

  /** Workers wait here for each other, so that the one that has the lock goes on compressing. */
  private final ReentrantLock turn = new ReentrantLock();

  /**
   * @param compaction shared with everything that rewrites packs of this store
   * @param below compact a pack if less than this fraction of its bytes is used, 0 to 1
   * @param idle is asked before each frame whether to compress it again
   */
  public CompactPacks(
      Database database, PackCompaction compaction, double below, Idle idle, InstantSource clock) {
    this.collection = database.collection();
    this.compaction = compaction;
    this.below = below;
    this.idle = idle;
    this.clock = clock;
    this.lock = compaction.lock();
  }

  @Override
  public String name() {
    return "compact packs";
  }

  @Override
  public String done() {
    return "packs compacted";
  }

  @Override
  public List<String> find(Optional<String> after, int most) throws IOException {
    return collection.findSparse(after, most);
  }

  /**
   * Waits for its turn: a pack that is passed over would have to wait until all others are
   * compressed again. A pack that is just being compressed again is left for it.
   */
  @Override
  public boolean run(String pack) throws IOException {
    turn.lock();
    try {
      lock.lock();
      try {
        return compact(pack, () -> idle.isIdle() && !Thread.currentThread().isInterrupted()) > 0;
      } finally {
        lock.unlock();
      }
    } finally {
      turn.unlock();
    }
  }

  /** Compacts all sparse packs now. Returns the number of bytes that become free. */
  long runNow(Progress progress) throws IOException {
    long freed = 0;
    long done = 0;
    List<String> page = collection.findSparse(Optional.empty(), 1);
    while (!page.isEmpty() && !progress.isStopped()) {
      lock.lock();
      try {
        freed += compact(page.get(0), () -> false);
      } finally {
        lock.unlock();
      }
      progress.at("sparse packs", ++done, 0);
      page = collection.findSparse(Optional.of(page.get(0)), 1);
    }
    return freed;
  }

  private long compact(String pack, BooleanSupplier mayCompress) throws IOException {
    List<String> packs = new ArrayList<>(List.of(pack));
    packs.addAll(collection.findSparse(Optional.of(pack), PACKS_AT_ONCE - 1));
    long freed =
        compaction.run(packs, below, mayCompress, clock.instant().plus(GarbageTable.GRACE));
    if (freed > 0) {
      LOG.log(Level.INFO, "packs compacted first={0} freed={1}", pack, Long.toString(freed));
    }
    return freed;
  }
}
