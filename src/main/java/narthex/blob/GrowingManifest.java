package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The manifest of a representation in flight.
 *
 * <h2>Problem</h2>
 *
 * One writer appends; any number of readers follow, each from its own offset and at its own speed.
 * Readers don't affect each other. No reader may mistake wrong or truncated bytes for the whole:
 * its stream ends only after the writer has verified all bytes.
 *
 * <h2>States</h2>
 *
 * WRITING → WRITTEN (all bytes are written, but not verified) → COMPLETE; WRITING or WRITTEN →
 * FAILED. COMPLETE and FAILED are final.
 *
 * <h2>What is durable</h2>
 *
 * Bytes are readable as soon as they are written. The durable ones are also known as {@linkplain
 * #extents extents} of blobs, like those of a finished representation.
 *
 * <h2>Races</h2>
 *
 * One lock guards the state and the number of readable bytes; every change signals its condition.
 * No I/O happens under the lock. Each reader has a file of its own open, so the spool may be
 * renamed or deleted meanwhile.
 */
public final class GrowingManifest implements Manifest {
  /**
   * How long a reader waits without progress. The writer has timeouts of its own and reports every
   * end; this frees the readers of a writer that died silently.
   */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  /** How old a part may get while another replica waits for it. */
  private static final Duration PART_AGE = Duration.ofSeconds(1);

  /** How often a waiting reader calls its watch. */
  private static final Duration STEP = Duration.ofMillis(500);

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
  private final GrowingExtents extents = new GrowingExtents();

  private State state = State.WRITING; // guarded by lock
  private long available; // guarded by lock
  private @Nullable IOException failure; // guarded by lock
  private long progress; // counts reports of the writer, guarded by lock
  private boolean isDelayed; // guarded by lock

  /**
   * @param written the bytes that readers open, such as a spool
   * @param expectedLength the announced length in bytes, if any
   */
  public GrowingManifest(Written written, OptionalLong expectedLength) {
    this(written, expectedLength, SILENCE);
  }

  /**
   * @param silence how long a reader waits without progress
   */
  GrowingManifest(Written written, OptionalLong expectedLength, Duration silence) {
    this.written = written;
    this.expectedLength = expectedLength;
    this.silence = silence;
  }

  /** The writer reports that it has appended so many bytes. */
  public void grown(long bytes) {
    change(State.WRITING, bytes, null);
  }

  /** The durable extents so far. */
  public GrowingExtents extents() {
    return extents;
  }

  /** The writer reports that all bytes are written, but not yet verified. */
  public void written() {
    change(State.WRITTEN, 0, null);
  }

  /** The writer reports that all bytes are written and verified. */
  public void complete() {
    change(State.COMPLETE, 0, null);
  }

  /** The writer reports failure; does nothing if the manifest is already complete or failed. */
  public void fail(IOException cause) {
    change(State.FAILED, 0, cause);
  }

  /** The writer reports progress of the verification, so that readers keep waiting. */
  public void checking() {
    lock.lock();
    try {
      progress++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Reports that a reader waits for completion, and so for the verification. */
  public void awaited() {
    awaited.complete(null);
  }

  /**
   * Runs the action once, when the first reader waits for completion, in that reader's thread. Runs
   * it immediately if one already does.
   */
  public void whenAwaited(Runnable action) {
    var unused = awaited.thenRun(action);
  }

  private void change(State next, long bytes, @Nullable IOException cause) {
    lock.lock();
    try {
      progress++;
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
    if (next == State.COMPLETE || next == State.FAILED) {
      extents.end();
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

  /** The reported failure; null if there is none. */
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
  public void awaitComplete(Watch watch) throws IOException {
    awaited();
    await(Long.MAX_VALUE, State.COMPLETE, watch);
  }

  /** Waits until the byte at {@code position} or all bytes are written. Returns their number. */
  public long awaitByte(long position) throws IOException {
    return await(position, State.WRITTEN, UNWATCHED);
  }

  /**
   * Waits until more than {@code wanted} bytes or all bytes are written. After the patience, more
   * than {@code known} are enough.
   *
   * @return number of written bytes; if not more than {@code known}, no more will come
   * @throws IOException if the manifest failed or there was no progress for too long
   */
  public long awaitMore(long known, long wanted, Duration patience) throws IOException {
    long impatient = System.nanoTime() + patience.toNanos();
    return await(
        wanted,
        State.WRITTEN,
        () -> available > known ? impatient - System.nanoTime() : Long.MAX_VALUE,
        UNWATCHED);
  }

  /** Waits until a read at {@code position} needn't wait, with the exceptions of such a read. */
  public void awaitReadable(long position, Watch watch) throws IOException {
    await(position, State.COMPLETE, watch);
  }

  /**
   * Waits until a part of this length is written after {@code from}, or all bytes are. While
   * another replica follows, a shorter part is enough after about a second.
   *
   * @return number of written bytes
   * @throws IOException if the manifest failed or there was no progress for too long
   */
  public long awaitPart(long from, long length) throws IOException {
    long begun = System.nanoTime();
    return await(
        from + length - 1,
        State.WRITTEN,
        () -> available > from ? nanosUntilPartDue(begun) : Long.MAX_VALUE,
        UNWATCHED);
  }

  /**
   * How long until a part or pack is due that another replica waits for; the maximum if none does.
   * One that began before a replica followed is due at once.
   */
  public long nanosUntilPartDue(long begunNanos) {
    if (!extents.isFollowed()) {
      return Long.MAX_VALUE;
    }
    return begunNanos - extents.followedNanos() < 0
        ? 0
        : PART_AGE.toNanos() - (System.nanoTime() - begunNanos);
  }

  /**
   * Waits until the first byte is written, all bytes are written, or the writer reports a
   * {@linkplain #delayed delay}.
   *
   * @return false if the writer is delayed
   * @throws IOException if the manifest failed or there was no progress for too long
   */
  public boolean awaitStart() throws IOException {
    return await(0, State.WRITTEN, () -> isDelayed ? 0 : Long.MAX_VALUE, UNWATCHED) > 0
        || isWritten();
  }

  /** The writer reports that the first byte is delayed, because it waits for others. */
  public void delayed() {
    lock.lock();
    try {
      isDelayed = true;
      progress++;
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

  /** Opens like {@link #open(long)}; reads call the watch while they wait. */
  public InputStream open(long from, Watch watch) throws IOException {
    awaited();
    return new FollowingInputStream(
        openWritten(from, watch), from, position -> await(position, State.COMPLETE, watch));
  }

  /**
   * Opens the zstd frames in which a NAR is written, as they are, from the one that begins at an
   * offset of the NAR. Like other streams, this one ends only when the NAR is complete; until then
   * it also withholds the last byte of the last frame. Reads call the watch while they wait. The
   * caller closes it.
   *
   * @throws UnsupportedOperationException if the bytes aren't written as frames
   */
  public InputStream openFrames(long from, Watch watch) {
    awaited();
    return new FollowingFramesInputStream(
        written.openFrames(from, watch),
        from,
        position -> await(position, State.COMPLETE, watch),
        this::mayEndAt);
  }

  /** Whether a reader of {@link #openFrames} holds decoded bytes beside the frame. */
  public boolean decodesFrames() {
    return written.decodesFrames();
  }

  private boolean mayEndAt(long position) {
    OptionalLong length = length();
    return length.isEmpty() || position >= length.getAsLong();
  }

  /**
   * Opens the bytes for their verification: unlike other streams, this one ends as soon as all
   * bytes are written. The caller closes it.
   */
  public InputStream openUnchecked() throws IOException {
    return new FollowingInputStream(
        openWritten(0, UNWATCHED), 0, position -> await(position, State.WRITTEN, UNWATCHED));
  }

  /** Opens the written bytes; if that fails, prefers the manifest's own failure as reason. */
  private InputStream openWritten(long from, Watch watch) throws IOException {
    try {
      return written.openWritten(from, watch);
    } catch (IOException e) {
      IOException reason = failure();
      throw reason == null ? e : failed(reason);
    }
  }

  private static IOException failed(IOException reason) {
    return new IOException("the NAR in flight failed: " + reason.getMessage(), reason);
  }

  /**
   * Waits until more than {@code position} bytes are readable or the state is {@code end} or later.
   *
   * @return number of readable bytes; if not more than {@code position}, no more will come
   */
  private long await(long position, State end, Watch watch) throws IOException {
    return await(position, end, () -> Long.MAX_VALUE, watch);
  }

  /**
   * Waits like the other method, or until {@code untilEnough} says that no nanoseconds are left
   * until what is readable is enough.
   */
  private long await(long position, State end, LongSupplier untilEnough, Watch watch)
      throws IOException {
    long left = silence.toNanos();
    while (true) {
      lock.lock();
      try {
        if (failure != null) {
          throw failed(failure);
        }
        long due = untilEnough.getAsLong();
        if (available > position || state.compareTo(end) >= 0 || due <= 0) {
          return available;
        }
        if (left <= 0) {
          throw new IOException("no progress of a NAR in flight for " + silence);
        }
        long before = progress;
        long step = Math.min(Math.min(left, STEP.toNanos()), due);
        long passed = step - changed.awaitNanos(step);
        left = progress == before ? left - passed : silence.toNanos();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while waiting for a NAR in flight", e);
      } finally {
        lock.unlock();
      }
      watch.look();
    }
  }
}
