package narthex.blob;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Buffers of one block outside of the heap, to be used again, because each one is costly and is
 * freed late. Thread-safe.
 */
final class BlockPool {
  /** Buffers outside of the heap: 16 MiB. Further ones are on the heap. */
  private static final int MOST = 256;

  private final ArrayBlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(MOST);
  private final AtomicInteger made = new AtomicInteger();

  /** Takes a buffer, which only the caller uses until {@link #giveBack}. */
  ByteBuffer take() {
    ByteBuffer used = free.poll();
    if (used != null) {
      return used;
    }
    if (made.get() < MOST && made.incrementAndGet() <= MOST) {
      return ByteBuffer.allocateDirect(PieceFile.BLOCK_BYTES);
    }
    return ByteBuffer.allocate(PieceFile.BLOCK_BYTES);
  }

  /** Gives a buffer back, once. */
  void giveBack(ByteBuffer taken) {
    if (taken.isDirect()) {
      free.add(taken);
    }
  }
}
