package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The manifest of a representation that is being written now.
 *
 * <h2>Problem</h2>
 *
 * One writer appends; any number of readers follow, each from its own offset and at its own pace,
 * and one that leaves disturbs nobody. No reader may take wrong or short bytes for the whole: its
 * stream ends only once the writer said that all is right.
 *
 * <h2>States</h2>
 *
 * WRITING → WRITTEN (every byte is there, none is vouched for) → COMPLETE; and from either of the
 * first two → FAILED. COMPLETE and FAILED are final.
 *
 * <h2>What is durable</h2>
 *
 * Bytes are readable here as soon as they are written. Those that are durable as well are known as
 * {@linkplain #extents extents} of blobs, like those of a finished representation.
 *
 * <h2>Races</h2>
 *
 * The state and the count of readable bytes are guarded by one lock, with one condition signalled
 * at every change; no I/O happens under it. What readers open is their own, so that a sink may be
 * renamed or discarded beneath them.
 */
public final class GrowingManifest implements Manifest {
  /**
   * How long a reader waits without any sign. The writer has time-outs of its own and reports every
   * end, so this only frees readers of a writer that died without a word.
   */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  /** A reader that waits looks this often whether the bytes are still wanted. */
  private static final Duration STEP = Duration.ofMillis(500);

  /** Looks whether somebody still wants the bytes for which a reader waits. */
  @FunctionalInterface
  public interface Watch {
    /**
     * Looks.
     *
     * @throws IOException if nobody wants them any more
     */
    void look() throws IOException;
  }

  private static final Watch UNWATCHED = () -> {};

  private enum State {
    WRITING,
    WRITTEN,
    COMPLETE,
    FAILED
  }

  private final Written written;
  private final OptionalLong expectedLength;
  private final Duration silence;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final CompletableFuture<@Nullable Void> awaited = new CompletableFuture<>();

  private State state = State.WRITING; // guarded by lock
  private long available; // guarded by lock
  private final List<Extent> extents = new ArrayList<>(); // guarded by lock
  private @Nullable IOException failure; // guarded by lock
  private long signs; // guarded by lock
  private boolean isDelayed; // guarded by lock

  /**
   * @param written what this manifest's readers read back, such as a sink
   * @param expectedLength the length in bytes, if it was announced
   */
  public GrowingManifest(Written written, OptionalLong expectedLength) {
    this(written, expectedLength, SILENCE);
  }

  /**
   * @param silence how long a reader waits without any sign
   */
  GrowingManifest(Written written, OptionalLong expectedLength, Duration silence) {
    this.written = written;
    this.expectedLength = expectedLength;
    this.silence = silence;
  }

  /** Says that so many bytes more are written. */
  public void grown(long bytes) {
    change(State.WRITING, bytes, null);
  }

  /**
   * Says where the next bytes are durable. They need not be the last that were written: what is
   * durable follows behind.
   */
  public void durable(Extent next) {
    lock.lock();
    try {
      extents.add(next);
      signs++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Where the bytes are durable so far, from the first one on and in their order: anybody can read
   * them there, also without this manifest. Nobody vouches for them before it is complete.
   */
  public List<Extent> extents() {
    lock.lock();
    try {
      return List.copyOf(extents);
    } finally {
      lock.unlock();
    }
  }

  /** Says that every byte is written; their check may still be under way. */
  public void written() {
    change(State.WRITTEN, 0, null);
  }

  /** Says that every byte is written and right. */
  public void complete() {
    change(State.COMPLETE, 0, null);
  }

  /** Says that the bytes are wrong or will never be complete; does nothing after the end. */
  public void fail(IOException cause) {
    change(State.FAILED, 0, cause);
  }

  /** Says that the check of what is written goes on: readers who wait for it wait on. */
  public void checking() {
    lock.lock();
    try {
      signs++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Says that somebody waits for these bytes to be complete, and so for their check. */
  public void awaited() {
    awaited.complete(null);
  }

  /**
   * Runs this once somebody waits for these bytes to be complete, in that thread; at once if
   * somebody does already.
   */
  public void whenAwaited(Runnable told) {
    var unused = awaited.thenRun(told);
  }

  private void change(State next, long bytes, @Nullable IOException cause) {
    lock.lock();
    try {
      signs++;
      if (state == State.COMPLETE || state == State.FAILED) {
        return;
      }
      available += bytes;
      state = next;
      failure = cause;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public OptionalLong length() {
    lock.lock();
    try {
      return state == State.WRITTEN || state == State.COMPLETE
          ? OptionalLong.of(available)
          : expectedLength;
    } finally {
      lock.unlock();
    }
  }

  /** The failure that ended this manifest, or null while it has none. */
  public @Nullable IOException failure() {
    lock.lock();
    try {
      return failure;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isComplete() {
    lock.lock();
    try {
      return state == State.COMPLETE;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void awaitComplete() throws IOException {
    awaited();
    await(Long.MAX_VALUE, State.COMPLETE);
  }

  /**
   * Waits until the byte at {@code position} is written or none will come any more.
   *
   * @return how many bytes are written
   * @throws IOException if the manifest failed
   */
  public long awaitByte(long position) throws IOException {
    return await(position, State.WRITTEN);
  }

  /**
   * Waits until the first byte is written, none will come any more, or the first is {@linkplain
   * #delayed delayed}.
   *
   * @return whether it is there, or none will come
   * @throws IOException if the manifest failed
   */
  public boolean awaitStart() throws IOException {
    return await(0, State.WRITTEN, () -> isDelayed, UNWATCHED) > 0 || isWritten();
  }

  /** Says that the first byte has to wait for something that others hold. */
  public void delayed() {
    lock.lock();
    try {
      isDelayed = true;
      signs++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean isWritten() {
    lock.lock();
    try {
      return state.compareTo(State.WRITTEN) >= 0;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public InputStream open(long from) throws IOException {
    return open(from, UNWATCHED);
  }

  /** The same; its reads look again and again whether the bytes that they wait for are wanted. */
  public InputStream open(long from, Watch watch) throws IOException {
    awaited();
    return new FollowingInputStream(openWritten(from), from, State.COMPLETE, watch);
  }

  /**
   * Opens the bytes for the one who checks them: the stream ends as soon as every byte is written.
   * The caller closes it.
   */
  public InputStream openUnchecked() throws IOException {
    return new FollowingInputStream(openWritten(0), 0, State.WRITTEN, UNWATCHED);
  }

  /** The sink of a manifest that failed may be gone already: then the failure is the reason. */
  private InputStream openWritten(long from) throws IOException {
    try {
      return written.openWritten(from);
    } catch (IOException e) {
      IOException reason = failure();
      throw reason == null ? e : failed(reason);
    }
  }

  private static IOException failed(IOException reason) {
    return new IOException("the NAR in flight failed: " + reason.getMessage(), reason);
  }

  /**
   * Waits until more than {@code position} bytes are readable or the state has reached {@code end}.
   *
   * @return how many bytes are readable; not more than {@code position} only at the end
   */
  private long await(long position, State end) throws IOException {
    return await(position, end, () -> false, UNWATCHED);
  }

  /** The same, or until it is enough. */
  private long await(long position, State end, BooleanSupplier enough, Watch watch)
      throws IOException {
    long left = silence.toNanos();
    while (true) {
      lock.lock();
      try {
        if (failure != null) {
          throw failed(failure);
        }
        if (available > position || state.compareTo(end) >= 0 || enough.getAsBoolean()) {
          return available;
        }
        if (left <= 0) {
          throw new IOException("nothing was written or checked for " + silence);
        }
        long before = signs;
        long step = Math.min(left, STEP.toNanos());
        long passed = step - changed.awaitNanos(step);
        left = signs == before ? left - passed : silence.toNanos();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while waiting for a NAR in flight", e);
      } finally {
        lock.unlock();
      }
      watch.look();
    }
  }

  private final class FollowingInputStream extends BlobInputStream {
    private final InputStream in;
    private final State end;
    private final Watch watch;
    private long position;
    private long readable;

    FollowingInputStream(InputStream in, long from, State end, Watch watch) {
      this.in = in;
      this.position = from;
      this.end = end;
      this.watch = watch;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!awaitReadable()) {
        return -1;
      }
      int count = in.read(bytes, offset, (int) Math.min(length, readable - position));
      if (count < 0) {
        throw new IOException("written bytes cannot be read back at offset " + position);
      }
      position += count;
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      if (count <= 0 || !awaitReadable()) {
        return 0;
      }
      long skipped = in.skip(Math.min(count, readable - position));
      position += skipped;
      return skipped;
    }

    /** Waits for the next byte; false if none comes any more. */
    private boolean awaitReadable() throws IOException {
      if (readable <= position) {
        readable = await(position, end, () -> false, watch);
      }
      return readable > position;
    }

    @Override
    public int available() {
      return (int) Math.min(Integer.MAX_VALUE, Math.max(0, readable - position));
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
