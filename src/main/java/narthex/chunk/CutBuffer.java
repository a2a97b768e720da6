package narthex.chunk;

import java.io.IOException;
import java.util.OptionalLong;

/**
 * Buffers bytes of a NAR between the writing and the packing thread, and finds the cut points in
 * them.
 *
 * <h2>How</h2>
 *
 * A ring buffer, with room for one chunk in front of it. The start of a chunk that wraps around is
 * moved to that room, so every chunk is contiguous in the array, and no other bytes are copied. A
 * NAR that is shorter than the ring gets a ring of its own length.
 *
 * <h2>Races</h2>
 *
 * Has no lock. One thread may put while another one cuts, if positions are passed between them with
 * a lock or another happens-before edge. Positions are offsets in the NAR.
 */
final class CutBuffer {
  private static final int LEAST_ROOM = 2 << 20;

  /** What a writer takes for the shortest NAR: its list of chunks, zstd contexts, a spool. */
  private static final long LEAST_WRITER_BYTES = 128 << 10;

  /** Number of chunks of the maximum size that fit the ring. */
  private static final int LONGEST_CHUNKS = 4;

  private final Chunker chunker;
  private final Chunker.Search search = new Chunker.Search();
  private final int front;
  private final int room;
  private final int batchBytes;
  private final long narBytes;
  private final byte[] bytes;
  private long start; // NAR offset of the next chunk
  private int startIndex;

  /**
   * @param narBytes length of the NAR, if it is known
   */
  CutBuffer(Chunker chunker, OptionalLong narBytes) {
    this.chunker = chunker;
    this.front = front(chunker.sizes(), narBytes);
    this.room = room(chunker.sizes(), narBytes);
    this.batchBytes = longestRoom(chunker.sizes()) / 2;
    this.narBytes = narBytes.orElse(Long.MAX_VALUE);
    this.bytes = new byte[front + room];
    this.startIndex = front;
  }

  private static int front(ChunkSizes sizes, OptionalLong narBytes) {
    return Math.min(sizes.max(), room(sizes, narBytes));
  }

  private static int room(ChunkSizes sizes, OptionalLong narBytes) {
    int longest = longestRoom(sizes);
    return (int) Math.max(1, Math.min(longest, narBytes.orElse(longest)));
  }

  private static int longestRoom(ChunkSizes sizes) {
    return Math.max(LEAST_ROOM, LONGEST_CHUNKS * sizes.max());
  }

  /** Returns an estimate of the memory of a writer with such a buffer, in bytes. */
  static long writerBytes(ChunkSizes sizes, OptionalLong narBytes) {
    return Math.max(LEAST_WRITER_BYTES, 2L * (front(sizes, narBytes) + room(sizes, narBytes)));
  }

  /** Returns the capacity in bytes. */
  int room() {
    return room;
  }

  /**
   * Returns whether no further byte can be put until a chunk is freed.
   *
   * @param end position after the last byte that was put
   * @param freed position of the first byte that is still needed
   * @throws IOException if the NAR has all of its bytes
   */
  boolean isFull(long end, long freed) throws IOException {
    if (end >= narBytes) {
      throw new IOException("the NAR is longer than " + narBytes + " bytes");
    }
    return end - freed == room;
  }

  /** Returns an empty batch for chunks in this buffer. */
  ChunkBatch newBatch() {
    return new ChunkBatch(bytes);
  }

  /** Puts bytes at this position. The caller ensures that there is room. */
  void put(long position, byte[] from, int offset, int length) {
    int at = (int) (position % room);
    int before = Math.min(length, room - at);
    System.arraycopy(from, offset, bytes, front + at, before);
    System.arraycopy(from, offset + before, bytes, front, length - before);
  }

  /** Returns the position of the next chunk. Bytes from there on are still needed. */
  long start() {
    return start;
  }

  /**
   * Adds all chunks whose end is certain to the batch, until it has half of the longest ring.
   *
   * @param end position after the last byte that was put
   * @param isAll whether the NAR ends there
   */
  void cut(long end, boolean isAll, ChunkBatch batch) {
    while (batch.length() < batchBytes && cutNext(end, isAll, batch)) {
      // cutNext does the work
    }
  }

  /** Adds the next chunk to the batch if its end is certain; returns whether it did. */
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
