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
 * Limits the memory, in bytes, that all decoders of a server hold together. Thread-safe.
 *
 * <h2>Problem</h2>
 *
 * The memory of a decoder depends on the stream: 64 KiB or 128 MiB. No number of streams may
 * exhaust the heap, no kind of work may starve another kind, a small decoder must not wait behind a
 * large one, and a large one must not wait for ever.
 *
 * <h2>How</h2>
 *
 * A part of the budget is reserved for each kind of {@link Work}; the rest is shared, first come,
 * first served. A request that doesn't fit waits in a queue. A later request may overtake the head
 * of the queue only if the head would fit together with all requests that overtook it. So the head
 * gets its memory as soon as the decoders that started before it end, and small requests still
 * overtake.
 *
 * <p>Readers of chunks yield their memory while they wait for a slow client ({@link
 * RestingReaders}), so their number isn't limited by the budget.
 *
 * <h2>Races</h2>
 *
 * One lock guards all counts and the queue. No I/O and no callback runs under it.
 */
public final class DecoderBudget {
  /** The default budget is the heap divided by this. */
  private static final int PART_OF_HEAP = 2;

  private static final long LEAST_BYTES = 32L << 20;

  /** Largest chunk of the default sizes: the store may have some, whatever the sizes are now. */
  private static final int USUAL_CHUNK_BYTES = 256 << 10;

  /** A reader of chunks holds a chunk and its frame, in arrays that grow by doubling. */
  private static final int CHUNKS_HELD = 3;

  /** How often a waiting request calls its {@link Patience}. */
  private static final Duration STEP = Duration.ofMillis(500);

  /** Kinds of work; each has a reserved number of sixteenths of the budget. */
  public enum Work {
    /** Decoding for a client that downloads. */
    READING(4),
    /** Verifying downloads from upstreams, and decoding their documents. */
    DOWNLOADS(4),
    /** Verifying uploads, and decoding request bodies. */
    UPLOADS(2),
    /** Background jobs. */
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

  /** Decides how long a request waits for memory. */
  @FunctionalInterface
  public interface Patience {
    /**
     * Returns whether to go on waiting. The waiting thread calls it about every 500 ms.
     *
     * @throws IOException if the memory isn't needed any more; ends the wait with this exception
     */
    boolean goesOn(Duration waited) throws IOException;
  }

  private final long totalBytes;
  private final long chunkReaderBytes;
  private final LongSkips skips = new LongSkips();
  private final RestingReaders resting = new RestingReaders();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition released = lock.newCondition();
  private final long[] held = new long[Work.values().length]; // guarded by lock

  /** Bytes held by requests that overtook the present head of the queue, for each kind of work. */
  private final long[] overtaking = new long[Work.values().length]; // guarded by lock

  private final Deque<Request> queue = new ArrayDeque<>(); // guarded by lock

  /** A budget of this size, for chunks of the default sizes. */
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
   * A budget of half the heap, at least 32 MiB.
   *
   * @param maxChunkBytes length of the longest chunk
   */
  public static DecoderBudget inHeap(int maxChunkBytes) {
    return new DecoderBudget(
        Math.max(LEAST_BYTES, Runtime.getRuntime().maxMemory() / PART_OF_HEAP), maxChunkBytes);
  }

  /** A view of the budget for one kind of work. */
  public DecoderShare share(Work work) {
    return new DecoderShare(this, work, skips);
  }

  /** Number of bytes that all decoders may hold together. */
  public long totalBytes() {
    return totalBytes;
  }

  /** Number of bytes that no decoder holds now. */
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

  /** Number of requests that wait for memory now. */
  public int waiting() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  /** Number of readers whose memory isn't used now. */
  int restingReaders() {
    return resting.size();
  }

  /** Memory that one reader of chunks takes. */
  long chunkReaderBytes() {
    return chunkReaderBytes;
  }

  /** Memory that one reader of frames takes. */
  long frameReaderBytes() {
    return chunkReaderBytes / CHUNKS_HELD;
  }

  /** The most memory that one decoder of this kind of work can get. */
  long mostBytes(Work work) {
    return free(work, new long[held.length]);
  }

  /** Memory that a decoder holds, and the head of the queue that it overtook, if any. */
  static final class Grant {
    private final Work work;
    private final long bytes;
    private final @Nullable Request overtaken;

    private Grant(Work work, long bytes, @Nullable Request overtaken) {
      this.work = work;
      this.bytes = bytes;
      this.overtaken = overtaken;
    }
  }

  /** A request for memory; compared by identity. */
  private static final class Request {
    private final Work work;
    private final long bytes;

    private Request(Work work, long bytes) {
      this.work = work;
      this.bytes = bytes;
    }
  }

  /**
   * Reports that the memory of a reader isn't used, so that another request may get it, perhaps at
   * once.
   */
  void rest(RestingReaders.Resting reader) {
    if (resting.add(reader) || isWanted()) {
      resting.yieldLongest();
    }
  }

  /** Reports that the memory of a reader is used again. */
  void wake(RestingReaders.Resting reader) {
    resting.remove(reader);
  }

  private boolean isWanted() {
    lock.lock();
    try {
      for (Request request : queue) {
        if (isHelped(request)) {
          return true;
        }
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether a request can get memory of readers, beyond what is reserved for them. */
  private boolean isHelped(Request request) {
    lock.lock();
    try {
      return request.work == Work.READING
          || held[Work.READING.ordinal()] > Work.READING.reserved(totalBytes);
    } finally {
      lock.unlock();
    }
  }

  /** Takes memory, that of resting readers if there is too little; null if that isn't enough. */
  private @Nullable Grant takeOfResting(Request request) {
    Grant grant = tryTake(request);
    while (grant == null && isHelped(request) && resting.yieldLongest()) {
      grant = tryTake(request);
    }
    return grant;
  }

  /**
   * Takes memory; waits if there is too little.
   *
   * @throws DecoderTooLargeException if this kind of work can never get so much
   * @throws DecodersBusyException if {@code patience} gives up
   * @throws InterruptedIOException if the thread is interrupted while it waits
   */
  Grant take(Work work, long bytes, Patience patience) throws IOException {
    if (bytes > mostBytes(work)) {
      throw new DecoderTooLargeException(bytes, mostBytes(work));
    }
    Request request = new Request(work, bytes);
    Grant grant = takeOfResting(request);
    if (grant == null) {
      grant = takeOrJoin(request);
    }
    if (grant != null) {
      return grant;
    }
    long start = System.nanoTime();
    try {
      while (grant == null) {
        if (!patience.goesOn(Duration.ofNanos(System.nanoTime() - start))) {
          throw new DecodersBusyException(bytes);
        }
        grant = takeOfResting(request);
        grant = grant == null ? awaitTake(request) : grant;
      }
      return grant;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    } finally {
      leave(request);
    }
  }

  /** Takes memory if there is enough, else joins the queue and returns null. */
  private @Nullable Grant takeOrJoin(Request request) {
    lock.lock();
    try {
      Grant grant = tryTake(request);
      if (grant == null) {
        queue.add(request);
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
      Request first = queue.peek();
      if (first != null && first != request) {
        overtaking[request.work.ordinal()] += request.bytes;
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
    Request first = queue.peek();
    if (first == null || first == request) {
      return true;
    }
    long[] withRequest = overtaking.clone();
    withRequest[request.work.ordinal()] += request.bytes;
    return first.bytes <= free(first.work, withRequest);
  }

  /** Memory that this kind of work could take if the kinds of work held so much. */
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
      if (queue.peek() == request) {
        Arrays.fill(overtaking, 0);
      }
      queue.remove(request);
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Gives back the memory of a grant. Call it once for each grant. */
  void release(Grant grant) {
    lock.lock();
    try {
      held[grant.work.ordinal()] -= grant.bytes;
      Request overtaken = grant.overtaken;
      if (overtaken != null && overtaken == queue.peek()) {
        overtaking[grant.work.ordinal()] -= grant.bytes;
      }
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
