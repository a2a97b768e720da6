package narthex.chunk;

/**
 * Bytes of a NAR between the thread that writes them and the thread that packs them, and the search
 * for cuts in them.
 *
 * <h2>How</h2>
 *
 * A ring. In front of it there is room for one chunk: what has begun at the ring's end is moved
 * there, so that every chunk lies in one piece and nothing else is copied.
 *
 * <h2>Races</h2>
 *
 * This class guards nothing. One thread puts, one cuts; whoever hands a position from one to the
 * other makes what was written before it visible. Positions are those in the NAR.
 */
final class CutBuffer {
  private static final int LEAST_ROOM = 2 << 20;

  /** The longest chunk fits so often into the ring. */
  private static final int LONGEST_CHUNKS = 4;

  private final Chunker chunker;
  private final Chunker.Search search = new Chunker.Search();
  private final int front;
  private final int room;
  private final byte[] bytes;
  private long start; // of the chunk that is looked for
  private int startIndex;

  CutBuffer(Chunker chunker) {
    this.chunker = chunker;
    this.front = chunker.sizes().max();
    this.room = room(chunker.sizes());
    this.bytes = new byte[front + room];
    this.startIndex = front;
  }

  private static int room(ChunkSizes sizes) {
    return Math.max(LEAST_ROOM, LONGEST_CHUNKS * sizes.max());
  }

  /** How many bytes of memory such a buffer takes. */
  static long bytes(ChunkSizes sizes) {
    return sizes.max() + room(sizes);
  }

  /** How many bytes there may be behind the first that is still needed. */
  int room() {
    return room;
  }

  /** An empty batch of chunks that lie in this buffer. */
  ChunkBatch newBatch() {
    return new ChunkBatch(bytes);
  }

  /** Puts bytes at this position, where there is room. */
  void put(long position, byte[] from, int offset, int length) {
    int at = (int) (position % room);
    int before = Math.min(length, room - at);
    System.arraycopy(from, offset, bytes, front + at, before);
    System.arraycopy(from, offset + before, bytes, front, length - before);
  }

  /** Where the chunk begins that is cut next: no byte from there on may be overwritten. */
  long start() {
    return start;
  }

  /**
   * Adds chunks that surely end here to the batch, up to half of what there is room for.
   *
   * @param end where the bytes end that are there
   * @param isAll whether none come behind them
   */
  void cut(long end, boolean isAll, ChunkBatch batch) {
    while (batch.length() < room / 2 && cutNext(end, isAll, batch)) {
      // one after the other
    }
  }

  /** Adds the next chunk to the batch if it surely ends here. */
  boolean cutNext(long end, boolean isAll, ChunkBatch batch) {
    while (true) {
      int there = (int) Math.min(end - start, bytes.length - startIndex);
      int length = chunker.find(search, bytes, startIndex, startIndex + there);
      if (length == 0 && startIndex + there == bytes.length) {
        System.arraycopy(bytes, startIndex, bytes, front - there, there);
        startIndex = front - there;
        continue;
      }
      if (length == 0 && isAll) {
        length = there;
      }
      if (length == 0) {
        return false;
      }
      batch.add(startIndex, length);
      start += length;
      startIndex += length;
      return true;
    }
  }
}
