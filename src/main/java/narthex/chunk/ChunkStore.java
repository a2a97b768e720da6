package narthex.chunk;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import narthex.blob.BlobStore;
import narthex.db.Database;

/** What all writers of chunks share: where they write, and how. Thread-safe. */
public final class ChunkStore {
  /** Above this the offset of a chunk in its pack would be no small number. */
  private static final long MOST_PACK_BYTES = 1L << 30;

  /** With more, the one who writes would be the slower. */
  private static final int MOST_HELPERS = 3;

  /** Chunks of some 4 GB. */
  private static final int NUMBERS_AT_ONCE = 65_536;

  private final BlobStore blobs;
  private final Database database;
  private final Policy policy;
  private final Executor packers;
  private final int helpers;
  private volatile boolean keptSizes;

  /** Held while the database gives numbers, for which all who need some have to wait. */
  private final ReentrantLock numbersLock = new ReentrantLock();

  private long nextNumber; // guarded by numbersLock
  private long numbersEnd; // guarded by numbersLock

  /** What to do when other chunks were cut with other sizes. */
  public enum OtherSizes {
    /** Nothing is cut. */
    REFUSED,
    /** Old chunks stay readable, and are hardly ever found again. */
    ALLOWED
  }

  /**
   * How chunks are made.
   *
   * @param sizes how long they are
   * @param packBytes length at which a pack is full, at most 1 GiB
   * @param otherSizes what to do if the first chunk was cut with other sizes
   */
  public record Policy(ChunkSizes sizes, long packBytes, OtherSizes otherSizes) {
    /** Checks the length of packs. */
    public Policy {
      if (packBytes < 1 || packBytes > MOST_PACK_BYTES) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "packs of %d bytes are not between 1 and %d",
                packBytes,
                MOST_PACK_BYTES));
      }
    }
  }

  /**
   * @param packers runs one task per writer at a time, which compresses and writes, and a few that
   *     help it where there are processors for them; not closed here
   */
  public ChunkStore(BlobStore blobs, Database database, Policy policy, Executor packers) {
    this(blobs, database, policy, packers, usuallyHelping());
  }

  /**
   * @param helpers how many compress for one writer beside its task
   */
  ChunkStore(BlobStore blobs, Database database, Policy policy, Executor packers, int helpers) {
    this.blobs = blobs;
    this.database = database;
    this.policy = policy;
    this.packers = packers;
    this.helpers = helpers;
  }

  /** As many as there are other processors: who decodes waits for the slower who compress. */
  private static int usuallyHelping() {
    return Math.min(MOST_HELPERS, Runtime.getRuntime().availableProcessors() - 1);
  }

  /** Begins to cut a NAR into chunks; the caller closes the writer. */
  public ChunkedWriter begin() {
    return begin(OptionalLong.empty());
  }

  /**
   * The same.
   *
   * @param narBytes how many bytes the NAR has, if that was announced: told to those who follow it
   */
  public ChunkedWriter begin(OptionalLong narBytes) {
    return new ChunkedWriter(this, narBytes, new KnownPacks(this, KnownPacks.Look.AT_LENGTHS));
  }

  /**
   * The same for a NAR of which something was damaged: each chunk that is stored already is read
   * before it is referred to, and written anew if it is not what was stored.
   */
  public ChunkedWriter beginToHeal(OptionalLong narBytes) {
    return new ChunkedWriter(this, narBytes, new KnownPacks(this, KnownPacks.Look.AT_FRAMES));
  }

  /**
   * Compares the sizes with those of the first chunk, if there is one.
   *
   * @throws OtherSizesException if they are others and that is not allowed
   */
  public void requireSameSizes() throws IOException {
    Optional<String> kept = database.chunks().findSizes();
    if (kept.isPresent()) {
      requireSame(kept.get());
    }
  }

  /**
   * Keeps the sizes if this is the first chunk, and else compares them; once they are known to be
   * kept, this costs nothing.
   */
  void keepSizes() throws IOException {
    if (!keptSizes) {
      requireSame(database.chunks().keepSizes(policy.sizes().print()));
      keptSizes = true;
    }
  }

  /**
   * Takes numbers for new chunks. The database gives out many at once, so that most NARs need no
   * transaction for them; those that are left at the end are never used.
   *
   * @param count how many, at most {@value #NUMBERS_AT_ONCE}
   * @return the first; the others follow it
   */
  long takeNumbers(int count) throws IOException {
    numbersLock.lock();
    try {
      if (numbersEnd - nextNumber < count) {
        nextNumber = database.chunks().takeNumbers(NUMBERS_AT_ONCE);
        numbersEnd = nextNumber + NUMBERS_AT_ONCE;
      }
      long first = nextNumber;
      nextNumber += count;
      return first;
    } finally {
      numbersLock.unlock();
    }
  }

  private void requireSame(String kept) throws OtherSizesException {
    String ours = policy.sizes().print();
    if (policy.otherSizes() == OtherSizes.REFUSED && !kept.equals(ours)) {
      throw new OtherSizesException(kept, ours);
    }
  }

  BlobStore blobs() {
    return blobs;
  }

  Database database() {
    return database;
  }

  Policy policy() {
    return policy;
  }

  Executor packers() {
    return packers;
  }

  /** Those who compress for one writer. */
  FrameEncoders newEncoders() {
    return new FrameEncoders(packers, helpers);
  }
}
