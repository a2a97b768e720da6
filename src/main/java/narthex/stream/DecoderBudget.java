package narthex.stream;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The memory that all decoders of a server may hold together, in bytes. Thread-safe.
 *
 * <h2>Problem</h2>
 *
 * What a decoder needs depends on the stream: 64 KiB or 128 MiB. No number of streams may exhaust
 * the heap, no kind of work may take all the memory of another kind, a small decoder must not wait
 * behind a large one, and a large one must not wait for ever.
 *
 * <h2>How</h2>
 *
 * A part of the budget is reserved for each kind of {@link Work}; the rest belongs to the first who
 * asks. A request that doesn't fit waits in line. A later request passes the first of the line only
 * if it leaves room for it: the first would fit beside all requests that passed it. So the first
 * gets its memory as soon as the decoders that ran before it end, and small requests still pass.
 *
 * <h2>Races</h2>
 *
 * One lock guards all counts and the line; nothing else is done under it.
 */
public final class DecoderBudget {
  /** Decoders may have this part of the heap. */
  private static final int PART_OF_HEAP = 2;

  private static final long LEAST_BYTES = 32L << 20;

  /** Chunks of the default sizes, which may have been stored before the sizes were changed. */
  private static final int USUAL_CHUNK_BYTES = 256 << 10;

  /** A reader of chunks holds a chunk and its frame, in arrays that grow by doubling. */
  private static final int CHUNKS_HELD = 3;

  /** A request that waits is asked this often whether it still wants to. */
  private static final Duration STEP = Duration.ofMillis(500);

  /** Kinds of work, and the sixteenths of the budget that no other kind can take. */
  public enum Work {
    /** Decoding for a client that reads. */
    READING(4),
    /** Checks of downloads, and documents of upstreams. */
    DOWNLOADS(4),
    /** Checks of uploads, and encoded request bodies. */
    UPLOADS(2),
    /** Work that no request waits for. */
    BACKGROUND(1);

    private static final int ALL = 16;

    private final int sixteenths;

    Work(int sixteenths) {
      this.sixteenths = sixteenths;
    }

    private long reserved(long totalBytes) {
      return totalBytes / ALL * sixteenths;
    }
  }

  /** How long a request waits for memory. */
  @FunctionalInterface
  public interface Patience {
    /**
     * Returns whether to go on waiting; called several times a minute at least, by the thread that
     * waits.
     *
     * @throws IOException if the memory isn't needed any more
     */
    boolean goesOn(Duration waited) throws IOException;
  }

  private final long totalBytes;
  private final long chunkReaderBytes;
  private final LongSkips skips = new LongSkips();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition released = lock.newCondition();
  private final long[] held = new long[Work.values().length]; // guarded by lock

  /** What was given since the first of the line has been the first. */
  private final long[] passed = new long[Work.values().length]; // guarded by lock

  private final Deque<Request> line = new ArrayDeque<>(); // guarded by lock

  /** A budget of so many bytes, for chunks of the usual sizes. */
  public DecoderBudget(long totalBytes) {
    this(totalBytes, USUAL_CHUNK_BYTES);
  }

  private DecoderBudget(long totalBytes, int maxChunkBytes) {
    this.totalBytes = totalBytes;
    this.chunkReaderBytes =
        Math.min(
            mostBytes(Work.READING),
            (long) CHUNKS_HELD * Math.max(maxChunkBytes, USUAL_CHUNK_BYTES));
  }

  /**
   * Half of the heap.
   *
   * @param maxChunkBytes the longest chunk
   */
  public static DecoderBudget inHeap(int maxChunkBytes) {
    return new DecoderBudget(
        Math.max(LEAST_BYTES, Runtime.getRuntime().maxMemory() / PART_OF_HEAP), maxChunkBytes);
  }

  /** The part of the budget that this kind of work uses. */
  public DecoderShare share(Work work) {
    return new DecoderShare(this, work, skips);
  }

  /** How many bytes are not held by any decoder now. */
  public long freeBytes() {
    lock.lock();
    try {
      long free = totalBytes;
      for (long bytes : held) {
        free -= bytes;
      }
      return free;
    } finally {
      lock.unlock();
    }
  }

  /** How many requests wait for memory now. */
  public int waiting() {
    lock.lock();
    try {
      return line.size();
    } finally {
      lock.unlock();
    }
  }

  /** What a reader of chunks holds. */
  long chunkReaderBytes() {
    return chunkReaderBytes;
  }

  /** What one decoder of this kind of work can have at most. */
  long mostBytes(Work work) {
    return free(work, new long[held.length]);
  }

  /** A part of the budget that is held. */
  static final class Grant {
    private final Work work;
    private final long bytes;
    private @Nullable Request passing; // guarded by lock

    private Grant(Work work, long bytes, @Nullable Request passing) {
      this.work = work;
      this.bytes = bytes;
      this.passing = passing;
    }
  }

  /** Somebody who asks for memory. */
  private static final class Request {
    private final Work work;
    private final long bytes;

    private Request(Work work, long bytes) {
      this.work = work;
      this.bytes = bytes;
    }
  }

  /**
   * Takes memory; waits for it if need be.
   *
   * @throws DecoderTooLargeException if this kind of work can never have so much
   * @throws DecodersBusyException if the patience ends first
   */
  Grant take(Work work, long bytes, Patience patience) throws IOException {
    if (bytes > mostBytes(work)) {
      throw new DecoderTooLargeException(bytes, mostBytes(work));
    }
    Request request = new Request(work, bytes);
    Grant grant = takeOrJoin(request);
    if (grant != null) {
      return grant;
    }
    long start = System.nanoTime();
    try {
      while (grant == null) {
        if (!patience.goesOn(Duration.ofNanos(System.nanoTime() - start))) {
          throw new DecodersBusyException(bytes);
        }
        grant = awaitTake(request);
      }
      return grant;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    } finally {
      leave(request);
    }
  }

  /** Takes memory if there is some, else joins the line. */
  private @Nullable Grant takeOrJoin(Request request) {
    lock.lock();
    try {
      Grant grant = tryTake(request);
      if (grant == null) {
        line.add(request);
      }
      return grant;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Grant tryTake(Request request) {
    lock.lock();
    try {
      if (!admits(request)) {
        return null;
      }
      held[request.work.ordinal()] += request.bytes;
      Request first = line.peek();
      if (first != null && first != request) {
        passed[request.work.ordinal()] += request.bytes;
        return new Grant(request.work, request.bytes, first);
      }
      return new Grant(request.work, request.bytes, null);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Grant awaitTake(Request request) throws InterruptedException {
    lock.lock();
    try {
      Grant grant = tryTake(request);
      if (grant == null) {
        released.awaitNanos(STEP.toNanos());
        grant = tryTake(request);
      }
      return grant;
    } finally {
      lock.unlock();
    }
  }

  private boolean admits(Request request) {
    if (request.bytes > free(request.work, held)) {
      return false;
    }
    Request first = line.peek();
    if (first == null || first == request) {
      return true;
    }
    long[] beside = passed.clone();
    beside[request.work.ordinal()] += request.bytes;
    return first.bytes <= free(first.work, beside);
  }

  /** What this kind of work could take if so much were held. */
  private long free(Work asking, long[] holding) {
    long free = totalBytes;
    for (Work work : Work.values()) {
      long bytes = holding[work.ordinal()];
      free -= work == asking ? bytes : Math.max(bytes, work.reserved(totalBytes));
    }
    return free;
  }

  private void leave(Request request) {
    lock.lock();
    try {
      if (line.peek() == request) {
        Arrays.fill(passed, 0);
      }
      line.remove(request);
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Gives back what was taken; once. */
  void release(Grant grant) {
    lock.lock();
    try {
      held[grant.work.ordinal()] -= grant.bytes;
      Request overtaken = grant.passing;
      if (overtaken != null && overtaken == line.peek()) {
        passed[grant.work.ordinal()] -= grant.bytes;
      }
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
