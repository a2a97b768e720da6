package narthex.chunk;

import java.util.ArrayDeque;
import java.util.Deque;
import narthex.blob.Extent;
import narthex.blob.GrowingExtents;
import narthex.db.ChunkPlace;

/**
 * Reports durable chunks of a NAR that is being cut to its manifest, in the order of the NAR.
 * Chunks whose frames directly follow each other in a pack become one extent. Reports nothing from
 * the first chunk on that was compressed again as part of a group: readers on other replicas wait
 * for the rest until the NAR is stored. Not thread-safe.
 */
final class DurableExtents {
  private final GrowingExtents extents;

  /**
   * Extents not reported yet: the last one, which may grow, and all from the first one that is in
   * the pack being written.
   */
  private final Deque<Extent> waiting = new ArrayDeque<>();

  /** Whether a chunk without a frame of its own has come: no extent can express it. */
  private boolean isEnded;

  DurableExtents(GrowingExtents extents) {
    this.extents = extents;
  }

  /**
   * Adds the next chunk of the NAR.
   *
   * @param writing the key of the pack that is being written, or an empty text
   */
  void add(ChunkPlace next, String writing) {
    if (isEnded || next.group() != null) {
      isEnded = true;
      return;
    }
    Extent last = waiting.peekLast();
    boolean goesOn =
        last != null
            && last.blob().equals(next.pack())
            && last.offset() + last.storedLength() == next.offset();
    if (goesOn) {
      waiting.removeLast();
      waiting.add(
          new Extent(
              last.blob(),
              last.offset(),
              last.storedLength() + next.storedLength(),
              last.length() + next.length()));
      return;
    }
    while (!waiting.isEmpty() && !waiting.peek().blob().equals(writing)) {
      extents.add(waiting.remove());
    }
    waiting.add(new Extent(next.pack(), next.offset(), next.storedLength(), next.length()));
  }

  /** Reports all chunks. Call it when no pack is being written. */
  void committed() {
    while (!waiting.isEmpty()) {
      extents.add(waiting.remove());
    }
  }
}
