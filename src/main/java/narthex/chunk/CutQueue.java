package narthex.chunk;

import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands the bytes of a NAR from the thread that writes them to the one that packs them, cut into
 * chunks. Bounded: the writer waits while it is full.
 *
 * <h2>Races</h2>
 *
 * One lock guards the fill level of the {@link CutBuffer} and whether a thread has the turn to
 * pack. The search for cut points and the batch belong to the thread that has the turn; while none
 * has it, to the writer. Thread-safe, for one writer.
 */
final class CutQueue {
  /** Maximum wait for more bytes, so that one lookup and one task serve several chunks. */
  private static final Duration MOMENT = Duration.ofMillis(5);

  private static final int PART_THAT_IS_MUCH = 4;

  private final Chunker chunker;
  private final OptionalLong narBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private final Condition much = lock.newCondition();

  private @Nullable CutBuffer buffer; // guarded by lock
  private @Nullable ChunkBatch batch; // guarded by lock
  private long filled; // guarded by lock
  private long freed; // guarded by lock
  private boolean ended; // guarded by lock
  private boolean taken; // guarded by lock
  private boolean closed; // guarded by lock
  private @Nullable Throwable failure; // guarded by lock

  /**
   * @param narBytes length of the NAR, if it is known
   */
  CutQueue(Chunker chunker, OptionalLong narBytes) {
    this.chunker = chunker;
    this.narBytes = narBytes;
  }

  /**
   * Puts as many of these bytes as there is room for, at least one. Waits for room.
   *
   * @return how many were put
   * @throws IOException if the queue failed or is closed, or the NAR gets longer than it should be
   */
  int put(byte[] bytes, int offset, int length) throws IOException, InterruptedException {
    CutBuffer ring;
    long position;
    int count;
    lock.lock();
    try {
      ring = buffer();
      while (ring.isFull(filled, freed)) {
        requireSound();
        moved.await();
      }
      requireSound();
      position = filled;
      count = (int) Math.min(length, ring.room() - (filled - freed));
    } finally {
      lock.unlock();
    }
    ring.put(position, bytes, offset, count);
    lock.lock();
    try {
      filled += count;
      if (isMuch()) {
        much.signal();
      }
    } finally {
      lock.unlock();
    }
    return count;
  }

  // requires lock
  private CutBuffer buffer() {
    CutBuffer ring = buffer;
    if (ring == null) {
      ring = new CutBuffer(chunker, narBytes);
      buffer = ring;
      batch = ring.newBatch();
    }
    return ring;
  }

  // requires lock
  private boolean isMuch() {
    return filled - freed >= buffer().room() / PART_THAT_IS_MUCH;
  }

  /** Takes the turn to pack if no thread has it and the next chunk is complete. For the writer. */
  boolean takeTurn() {
    lock.lock();
    try {
      ChunkBatch next = batch;
      boolean takes = isFree() && next != null && buffer().cutNext(filled, false, next);
      taken |= takes;
      return takes;
    } finally {
      lock.unlock();
    }
  }

  /** After a failure the batch has chunks that are packed already, so nobody may pack it again. */
  // requires lock
  private boolean isFree() {
    return !taken && failure == null;
  }

  /** Takes the turn to pack if no thread has it and there may be something to pack. */
  boolean takeTurnEarly() {
    lock.lock();
    try {
      boolean takes = isFree() && !ended && !closed && buffer != null;
      taken |= takes;
      return takes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the NAR. Takes the turn to pack if no thread has it, and returns whether it did.
   *
   * @throws IOException if the queue failed or is closed
   */
  boolean end() throws IOException {
    lock.lock();
    try {
      requireSound();
      ended = true;
      much.signal();
      boolean takes = !taken;
      taken = true;
      return takes;
    } finally {
      lock.unlock();
    }
  }

  /** Whether no chunk was packed yet. */
  boolean isAtStart() {
    lock.lock();
    try {
      return freed == 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Cuts the bytes into a batch. If there is no complete chunk, returns an empty batch when the
   * pack is due, else null, and ends the turn. For the thread that has the turn.
   *
   * @param nanosUntilDue how long until the pack is due; the maximum for never
   */
  @Nullable ChunkBatch cut(LongSupplier nanosUntilDue) throws InterruptedException {
    while (true) {
      CutBuffer ring;
      ChunkBatch cut;
      long end;
      boolean isAll;
      lock.lock();
      try {
        ring = buffer();
        cut = batch;
        end = filled;
        isAll = ended;
        if (closed || cut == null) {
          endTurn();
          return null;
        }
      } finally {
        lock.unlock();
      }
      ring.cut(end, isAll, cut);
      if (cut.count() > 0) {
        return cut;
      }
      lock.lock();
      try {
        if (filled == end && ended == isAll) {
          long left = ended ? Long.MAX_VALUE : nanosUntilDue.getAsLong();
          if (left <= 0) {
            return cut;
          }
          if (left == Long.MAX_VALUE) {
            endTurn();
            return null;
          }
          much.awaitNanos(left);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  // requires lock
  private void endTurn() {
    taken = false;
    moved.signalAll();
  }

  /** Clears a batch that is packed, which makes room. For the thread that has the turn. */
  void free(ChunkBatch packed) {
    packed.clear();
    lock.lock();
    try {
      freed = buffer().start();
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits up to {@link #MOMENT} until a quarter of the buffer is filled. */
  void awaitMore() throws InterruptedException {
    lock.lock();
    try {
      long left = MOMENT.toNanos();
      while (!ended && !closed && !isMuch() && left > 0) {
        left = much.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends the turn of a thread that failed. The writer meets the failure. */
  void fail(Throwable reason) {
    lock.lock();
    try {
      failure = reason;
      endTurn();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until no thread has the turn.
   *
   * @throws IOException if packing failed
   */
  void awaitPacked() throws IOException, InterruptedException {
    lock.lock();
    try {
      while (taken) {
        moved.await();
      }
      requireSound();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until no thread has the turn, and releases the memory.
   *
   * @return false if it was closed before
   */
  boolean close() {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      closed = true;
      much.signal();
      while (taken) {
        moved.awaitUninterruptibly();
      }
      buffer = null;
      batch = null;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Throws if packing failed, or this is closed. */
  void requireSound() throws IOException {
    lock.lock();
    try {
      requireOpen();
      if (failure instanceof IOException reason) {
        throw new IOException("could not write chunks: " + reason.getMessage(), reason);
      }
      if (failure != null) {
        throw new IOException("writing chunks failed unexpectedly: " + failure, failure);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Throws if this is closed. */
  void requireOpen() throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the writer of chunks is closed");
      }
    } finally {
      lock.unlock();
    }
  }
}
