package narthex.chunk;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import narthex.blob.BlobStore;
import narthex.db.Database;
import narthex.db.DatabaseTries;

/**
 * Creates {@link ChunkedWriter}s, and holds the storage and the policy that they share.
 * Thread-safe.
 */
public final class ChunkStore {
  /** With this limit, the end of every frame in a pack fits an int. */
  private static final long MOST_PACK_BYTES = 1L << 30;

  /** With more helpers, writing the pack would be the bottleneck. */
  private static final int MOST_HELPERS = 3;

  /** Enough for about 4 GB of new chunks of the default average size. */
  private static final int NUMBERS_AT_ONCE = 65_536;

  private final BlobStore blobs;
  private final Database database;
  private final Policy policy;
  private final Executor packers;
  private final int helpers;
  private final OpenWriters writers = new OpenWriters();
  private volatile boolean keptSizes;

  /**
   * Held during the transaction that takes numbers: all threads that need a number have to wait for
   * it.
   */
  private final ReentrantLock numbersLock = new ReentrantLock();

  private long nextNumber; // guarded by numbersLock
  private long numbersEnd; // guarded by numbersLock

  /** What to do if the stored chunks were cut with other sizes. */
  public enum OtherSizes {
    /** Fail with {@link OtherSizesException}. */
    REFUSED,
    /**
     * Cut with the new sizes. The old chunks stay readable, but new chunks hardly ever match them.
     */
    ALLOWED
  }

  /**
   * How to cut and store chunks.
   *
   * @param sizes the chunk sizes
   * @param packBytes target pack size in bytes, at most 1 GiB
   * @param otherSizes what to do if the stored chunks were cut with other sizes
   */
  public record Policy(ChunkSizes sizes, long packBytes, OtherSizes otherSizes) {
    /**
     * Validates the pack size.
     *
     * @throws IllegalArgumentException unless {@code packBytes} is 1 to 1 GiB
     */
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
   * Creates a store.
   *
   * @param packers runs for each writer one task that looks up, compresses and writes chunks, and a
   *     few tasks that help to compress; not closed by this class
   */
  public ChunkStore(BlobStore blobs, Database database, Policy policy, Executor packers) {
    this(blobs, database, policy, packers, usuallyHelping());
  }

  /**
   * @param helpers maximum number of tasks that help one writer to compress
   */
  ChunkStore(BlobStore blobs, Database database, Policy policy, Executor packers, int helpers) {
    this.blobs = blobs;
    this.database = database;
    this.policy = policy;
    this.packers = packers;
    this.helpers = helpers;
  }

  /**
   * Returns the number of other processors, at most {@link #MOST_HELPERS}. The thread that decodes
   * the NAR has to wait for the compression, which is slower.
   */
  private static int usuallyHelping() {
    return Math.min(MOST_HELPERS, Runtime.getRuntime().availableProcessors() - 1);
  }

  /** Begins a NAR of unknown length. The caller closes the writer. */
  public ChunkedWriter begin() {
    return begin(OptionalLong.empty());
  }

  /**
   * Begins a NAR. The caller closes the writer.
   *
   * @param narBytes the announced length of the NAR in bytes, for the followers; empty if unknown
   */
  public ChunkedWriter begin(OptionalLong narBytes) {
    return new ChunkedWriter(this, narBytes, new KnownPacks(this, KnownPacks.Look.AT_LENGTHS));
  }

  /**
   * Begins a NAR of which some stored chunk was lost or damaged. Each chunk that is already stored
   * is read before the NAR refers to it; a damaged one is condemned and written again. The caller
   * closes the writer.
   */
  public ChunkedWriter beginToHeal(OptionalLong narBytes) {
    return new ChunkedWriter(this, narBytes, new KnownPacks(this, KnownPacks.Look.AT_FRAMES));
  }

  /**
   * Checks that the stored chunks were cut with the sizes of the policy.
   *
   * @throws OtherSizesException if they were cut with other sizes and the policy refuses that
   * @throws IOException if the database fails
   */
  public void requireSameSizes() throws IOException {
    Optional<String> kept = database.chunks().findSizes();
    if (kept.isPresent()) {
      requireSame(kept.get());
    }
  }

  /**
   * Stores the sizes if none are stored; else checks them like {@link #requireSameSizes}. Asks the
   * database only until it has succeeded once.
   */
  void keepSizes() throws IOException {
    if (!keptSizes) {
      requireSame(
          DatabaseTries.keepTrying(() -> database.chunks().keepSizes(policy.sizes().print())));
      keptSizes = true;
    }
  }

  /**
   * Takes numbers for new chunks. They are taken from the database in large blocks, so most NARs
   * need no transaction for this. Numbers left over at shutdown are never used.
   *
   * @param count how many numbers, at most {@value #NUMBERS_AT_ONCE}
   * @return the first of {@code count} consecutive numbers
   */
  long takeNumbers(int count) throws IOException {
    numbersLock.lock();
    try {
      if (numbersEnd - nextNumber < count) {
        nextNumber = DatabaseTries.keepTrying(() -> database.chunks().takeNumbers(NUMBERS_AT_ONCE));
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

  /** Returns the writers of this store that are open. */
  public OpenWriters writers() {
    return writers;
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

  /** Returns new encoders for one writer, which closes them. */
  FrameEncoders newEncoders() {
    return new FrameEncoders(packers, helpers);
  }
}
