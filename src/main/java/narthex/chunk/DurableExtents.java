package narthex.chunk;

import java.util.ArrayDeque;
import java.util.Deque;
import narthex.blob.Extent;
import narthex.blob.GrowingManifest;
import narthex.db.ChunkPlace;

/**
 * Tells the manifest of a NAR that is being cut which chunks are durable, in the order of the NAR.
 * Chunks that lie directly behind each other in a pack are one extent. For one thread.
 */
final class DurableExtents {
  private final GrowingManifest manifest;

  /** The last one may go on; those from the first one in the pack that is being written wait. */
  private final Deque<Extent> waiting = new ArrayDeque<>();

  DurableExtents(GrowingManifest manifest) {
    this.manifest = manifest;
  }

  /**
   * Adds the next chunk of the NAR.
   *
   * @param writing the key of the pack that is being written, or an empty one
   */
  void add(ChunkPlace next, String writing) {
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
      manifest.durable(waiting.remove());
    }
    waiting.add(new Extent(next.pack(), next.offset(), next.storedLength(), next.length()));
  }

  /** No pack is being written: every chunk is durable. */
  void committed() {
    while (!waiting.isEmpty()) {
      manifest.durable(waiting.remove());
    }
  }
}
