package narthex.chunk;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import narthex.db.ChunkGroup;
import narthex.db.ChunkPlace;
import narthex.db.CollectionTable;

/**
 * Copies the used chunks of packs to a new pack, and compresses them again on the way if there is
 * time for it. No manifest changes, and neither do the frames that clients get. Readers that know
 * the old place of a chunk look it up again. Not thread-safe: callers hold {@link #lock}.
 */
public final class PackCompaction {
  /** A pack is compressed again only if it becomes smaller by this fraction. */
  static final double LEAST_GAIN = 0.03;

  private final ChunkStore store;
  private final CollectionTable collection;
  private final OptionalInt level;
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * Compacts packs of this store.
   *
   * @param level the level of zstd at which chunks are compressed again, 1 to 22; empty for never
   */
  public PackCompaction(ChunkStore store, OptionalInt level) {
    this.store = store;
    this.collection = store.database().collection();
    this.level = level;
  }

  /** Returns the level of zstd at which chunks are compressed again; empty for never. */
  public OptionalInt level() {
    return level;
  }

  /**
   * Returns the lock to hold while packs are rewritten. Two at the same time could copy the same
   * packs, and two compressors would take twice the memory. While a thread waits for it, nothing
   * more is compressed.
   */
  public ReentrantLock lock() {
    return lock;
  }

  /**
   * A pack and the chunks in it that NARs use.
   *
   * @param length length of the pack in bytes
   * @param used the chunks, in the order of their frames
   * @param isDense whether its frames don't become smaller at the level of this compaction
   */
  record Pack(String key, long length, List<ChunkPlace> used, boolean isDense) {
    long usedBytes() {
      return used.stream().mapToLong(Pack::usedBytes).sum();
    }

    /** A chunk in a group counts for its part of the group's frame. */
    private static long usedBytes(ChunkPlace place) {
      ChunkGroup group = place.group();
      return group == null
          ? place.storedLength()
          : (long) group.storedLength() * place.length() / group.length();
    }
  }

  /**
   * Compacts those of these packs that are sparse, until a new pack is full. A pack is no longer
   * listed as sparse when its chunks have moved, unless it still has others, or if it isn't sparse.
   *
   * @param packs in the order to take
   * @param below a pack is sparse if less than this fraction of its bytes is used
   * @param mayCompress asked before each frame whether there is time to compress it again; if not,
   *     it is copied as it is
   * @param deleteAfter when the old packs may be deleted
   * @return the number of bytes that become free, 0 if no pack was sparse
   * @throws IOException if the blob store or the database fails; then the chunks stay where they
   *     are
   */
  public long run(
      List<String> packs, double below, BooleanSupplier mayCompress, Instant deleteAfter)
      throws IOException {
    List<Pack> sparse = new ArrayList<>();
    List<String> others = new ArrayList<>();
    long used = 0;
    for (String key : packs) {
      Pack pack = look(key);
      if (pack.used().isEmpty() || pack.usedBytes() >= below * pack.length()) {
        others.add(key);
      } else if (used < store.policy().packBytes()) {
        sparse.add(pack);
        used += pack.usedBytes();
      }
    }
    if (!others.isEmpty()) {
      collection.removeSparse(others);
    }
    if (sparse.isEmpty()) {
      return 0;
    }
    long before = sparse.stream().mapToLong(Pack::length).sum();
    return Math.max(0, before - copy(sparse, mayCompress, deleteAfter));
  }

  private Pack look(String key) throws IOException {
    OptionalLong length = store.blobs().find(key);
    return new Pack(
        key,
        length.orElse(0),
        length.isEmpty() ? List.of() : collection.findUsedInPack(key),
        level.isPresent() && collection.repacking().isDone(key, level.getAsInt()));
  }

  /** Returns the length of the new pack. */
  private long copy(List<Pack> packs, BooleanSupplier mayCompress, Instant deleteAfter)
      throws IOException {
    try (PackRewrite rewrite = new PackRewrite(store, level, unlessAwaited(mayCompress))) {
      for (Pack pack : packs) {
        rewrite.add(pack, () -> true);
      }
      rewrite.commit(deleteAfter);
      return rewrite.length();
    }
  }

  private BooleanSupplier unlessAwaited(BooleanSupplier hasTime) {
    return () -> hasTime.getAsBoolean() && !lock.hasQueuedThreads();
  }

  /**
   * Compresses the used chunks of a pack again. Leaves the pack as it is if that doesn't make it
   * smaller by {@link #LEAST_GAIN}. Records in both cases that it is done.
   *
   * @param goesOn asked before each frame whether to go on
   * @param deleteAfter when the old pack may be deleted
   * @return by how many bytes the new pack is shorter, 0 if the old one stays; empty, without a
   *     change, if {@code goesOn} returned false or a thread waits for the lock
   * @throws IOException if the blob store or the database fails; then the chunks stay where they
   *     are
   */
  public OptionalLong compress(String key, BooleanSupplier goesOn, Instant deleteAfter)
      throws IOException {
    Pack pack = look(key);
    if (!pack.used().isEmpty() && !pack.isDense()) {
      try (PackRewrite rewrite = new PackRewrite(store, level, () -> true)) {
        if (!rewrite.add(pack, unlessAwaited(goesOn))) {
          return OptionalLong.empty();
        }
        long before = ChunkPlace.packedLength(pack.used());
        if (rewrite.length() <= before * (1 - LEAST_GAIN)) {
          rewrite.commit(deleteAfter);
          return OptionalLong.of(before - rewrite.length());
        }
      }
    }
    collection.repacking().done(key, level.orElseThrow());
    return OptionalLong.of(0);
  }
}
