package narthex.chunk;

import java.util.ArrayDeque;
import java.util.Deque;
import narthex.blob.Extent;
import narthex.blob.GrowingExtents;
import narthex.db.ChunkPlace;

/**
 * Reports durable chunks of a NAR that is being cut to its manifest, in the order of the NAR.
 * Chunks whose frames directly follow each other in a pack become one extent, and so do chunks that
 * follow each other in a group that was compressed again. Not thread-safe.
 */
final class DurableExtents {
  private final GrowingExtents extents;

  /**
   * Extents not reported yet: the last one, which may grow, and all from the first one that is in
   * the pack being written.
   */
  private final Deque<Extent> waiting = new ArrayDeque<>();

  /** When the first of them began, by {@link System#nanoTime}. */
  private long begun;

  /** The number of bytes that the frames of the last extent decode to. */
  private long decodedLength;

  DurableExtents(GrowingExtents extents) {
    this.extents = extents;
  }

  /**
   * Adds the next chunk of the NAR.
   *
   * @param writing the key of the pack that is being written, or an empty text
   */
  void add(ChunkPlace next, String writing) {
    Extent last = waiting.peekLast();
    if (last != null && last.blob().equals(next.pack()) && goesOn(last, next)) {
      waiting.removeLast();
      waiting.add(longer(last, next));
      return;
    }
    while (!waiting.isEmpty() && !waiting.peek().blob().equals(writing)) {
      extents.add(waiting.remove());
    }
    begun = waiting.isEmpty() ? System.nanoTime() : begun;
    waiting.add(
        new Extent(next.pack(), next.offset(), next.packedLength(), next.length(), next.at()));
    decodedLength = next.packedBytes();
  }

  /** Returns whether a chunk follows an extent directly, in its last frame or in the next one. */
  private boolean goesOn(Extent last, ChunkPlace next) {
    long end = last.skip() + last.length();
    long frameStart = decodedLength - next.packedBytes();
    boolean isInLastFrame = next.offset() + next.packedLength() == storedEnd(last);
    return isInLastFrame
        ? end == frameStart + next.at()
        : next.offset() == storedEnd(last) && end == decodedLength && next.at() == 0;
  }

  private static long storedEnd(Extent extent) {
    return extent.offset() + extent.storedLength();
  }

  private Extent longer(Extent last, ChunkPlace next) {
    boolean isNextFrame = next.offset() == storedEnd(last);
    decodedLength += isNextFrame ? next.packedBytes() : 0;
    return new Extent(
        last.blob(),
        last.offset(),
        last.storedLength() + (isNextFrame ? next.packedLength() : 0),
        last.length() + next.length(),
        last.skip());
  }

  /** Whether there are chunks that aren't reported yet. */
  boolean isWaiting() {
    return !waiting.isEmpty();
  }

  /** When the first of them was added, by {@link System#nanoTime}; only if there is one. */
  long begunNanos() {
    return begun;
  }

  /** Reports all chunks. Call it when no pack is being written. */
  void committed() {
    while (!waiting.isEmpty()) {
      extents.add(waiting.remove());
    }
  }
}
