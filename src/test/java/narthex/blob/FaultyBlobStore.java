package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import narthex.stream.PassingInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A blob store that wraps another one and injects faults, for tests. Without faults it passes the
 * contract test of {@link BlobStore}. Faults can be set and healed at any time. Thread-safe.
 */
public final class FaultyBlobStore extends PassingBlobStore {
  private static final long NEVER = Long.MAX_VALUE;

  /** An operation of the store that can fail. */
  public enum Step {
    /** {@link #find} throws. */
    FIND,
    /** {@link #open} throws. */
    OPEN,
    /** Opening a sink or spool throws. */
    CREATE,
    /** The commit throws, and the blob doesn't become visible. */
    COMMIT,
    /** The commit throws although the blob is visible, so the writer doesn't know the outcome. */
    COMMIT_ANSWER,
    /** Deleting throws, and the blob remains. */
    DELETE,
    /** {@link #list} throws. */
    LIST
  }

  private final Map<Step, Integer> failures = new EnumMap<>(Step.class); // guarded by itself
  private final Map<String, Long> truncated = new ConcurrentHashMap<>();
  private final Map<String, Long> brokenReads = new ConcurrentHashMap<>();
  private final Map<String, Long> flippedBytes = new ConcurrentHashMap<>();
  private volatile long writesFailAfter = NEVER;
  private volatile @Nullable Runnable beforeCommit;

  /**
   * @param store the other store; closed with this one
   */
  public FaultyBlobStore(BlobStore store) {
    super(store);
  }

  /** Lets an operation fail from now on. */
  public FaultyBlobStore fail(Step step) {
    return fail(step, Integer.MAX_VALUE);
  }

  /** Lets an operation fail the next so many times. */
  public FaultyBlobStore fail(Step step, int times) {
    synchronized (failures) {
      failures.put(step, times);
    }
    return this;
  }

  /** Lets all sinks and spools together take so many bytes and then fail, like a full disk. */
  public FaultyBlobStore failWritesAfter(long bytes) {
    writesFailAfter = bytes;
    return this;
  }

  /** Makes a blob disappear without changing any row. */
  public FaultyBlobStore lose(String key) throws IOException {
    store.delete(key);
    return this;
  }

  /** Cuts a blob to its first bytes. */
  public FaultyBlobStore truncate(String key, long lengthBytes) {
    truncated.put(key, lengthBytes);
    return this;
  }

  /** Lets reads of a blob fail from this offset on. */
  public FaultyBlobStore breakReadsAt(String key, long offset) {
    brokenReads.put(key, offset);
    return this;
  }

  /** Inverts the byte at this offset of a blob. */
  public FaultyBlobStore flipByte(String key, long offset) {
    flippedBytes.put(key, offset);
    return this;
  }

  /** Runs an action before each commit, in its thread; it may block or inspect the store. */
  public FaultyBlobStore beforeCommit(Runnable action) {
    beforeCommit = action;
    return this;
  }

  /** Removes all faults; lost blobs stay lost. */
  public FaultyBlobStore heal() {
    synchronized (failures) {
      failures.clear();
    }
    truncated.clear();
    brokenReads.clear();
    flippedBytes.clear();
    writesFailAfter = NEVER;
    beforeCommit = null;
    return this;
  }

  @Override
  public OptionalLong find(String key) throws IOException {
    step(Step.FIND, key);
    OptionalLong length = store.find(key);
    return length.isEmpty()
        ? length
        : OptionalLong.of(Math.min(length.getAsLong(), truncated.getOrDefault(key, NEVER)));
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    step(Step.OPEN, key);
    if (truncated.getOrDefault(key, NEVER) < from + length) {
      throw new BlobLostException(key, "length is " + truncated.get(key));
    }
    InputStream in = store.open(key, from, length);
    boolean sound = !brokenReads.containsKey(key) && !flippedBytes.containsKey(key);
    return sound ? in : new DamagedInputStream(in, key, from);
  }

  @Override
  public Spool spool() throws IOException {
    step(Step.CREATE, "a spool");
    return new FaultySpool(store.spool());
  }

  @Override
  public void delete(String key) throws IOException {
    step(Step.DELETE, key);
    store.delete(key);
  }

  @Override
  public List<ListedBlob> list(Optional<String> after, int most) throws IOException {
    step(Step.LIST, after.orElse(""));
    return store.list(after, most);
  }

  /** The file of the other store; none for a damaged blob, so that nobody bypasses the damage. */
  @Override
  public Optional<Path> localFile(String key) {
    boolean damaged =
        truncated.containsKey(key) || brokenReads.containsKey(key) || flippedBytes.containsKey(key);
    return damaged ? Optional.empty() : store.localFile(key);
  }

  private void step(Step step, String key) throws IOException {
    synchronized (failures) {
      int left = failures.getOrDefault(step, 0);
      if (left == 0) {
        return;
      }
      if (left != Integer.MAX_VALUE) {
        failures.put(step, left - 1);
      }
    }
    throw new IOException("wanted failure: " + step + " of " + key);
  }

  private final class FaultySpool extends PassingSpool {
    private long count;

    FaultySpool(Spool spool) {
      super(spool);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int fitting = (int) Math.min(length, Math.max(0, writesFailAfter - count));
      spool.write(bytes, offset, fitting);
      count += fitting;
      if (fitting < length) {
        throw new IOException("wanted failure: no space left after " + count + " bytes");
      }
    }

    @Override
    public void commit(String key) throws IOException {
      Runnable action = beforeCommit;
      if (action != null) {
        action.run();
      }
      step(Step.COMMIT, key);
      spool.commit(key);
      step(Step.COMMIT_ANSWER, key);
    }
  }

  private final class DamagedInputStream extends PassingInputStream {
    private final String key;
    private long position;

    DamagedInputStream(InputStream in, String key, long from) {
      super(in);
      this.key = key;
      this.position = from;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      long sound = brokenReads.getOrDefault(key, NEVER) - position;
      if (sound <= 0) {
        throw new IOException("wanted failure: " + key + " cannot be read at byte " + position);
      }
      int count = in.read(bytes, offset, (int) Math.min(length, sound));
      long flip = flippedBytes.getOrDefault(key, NEVER) - position;
      if (flip >= 0 && flip < count) {
        bytes[offset + (int) flip] ^= (byte) 0xff;
      }
      position += Math.max(count, 0);
      return count;
    }
  }
}
