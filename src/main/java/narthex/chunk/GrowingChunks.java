package narthex.chunk;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import narthex.blob.BlobSink;
import narthex.blob.Written;
import narthex.db.ChunkPlace;
import narthex.nix.NarId;
import org.jspecify.annotations.Nullable;

/**
 * Where the chunks of a NAR are that is being cut: a list that grows, of places in packs that are
 * committed and in the one that is being written.
 *
 * <h2>Problem</h2>
 *
 * Readers follow at their own pace, and may still read when all is over. By then the packs that
 * were written for this NAR may be deleted again, because another writer stored the same chunks
 * first: such a reader goes on with the chunks that are stored.
 *
 * <p>Takes 28 bytes for each chunk. Safe for use by many threads; one of them writes.
 */
final class GrowingChunks implements Written {
  private static final int FIRST_CAPACITY = 64;

  /**
   * Where one chunk is.
   *
   * @param narOffset where it begins in the NAR
   * @param pack the blob that holds its frame
   * @param writing the pack itself while it is not committed
   * @param offset where its frame begins in the pack
   * @param storedLength bytes of its frame
   * @param length bytes of the chunk
   */
  record Place(
      long narOffset,
      String pack,
      @Nullable BlobSink writing,
      long offset,
      int storedLength,
      int length) {}

  private final ChunkStore store;
  private final ReentrantLock lock = new ReentrantLock();

  // all guarded by lock
  private final List<String> packs = new ArrayList<>();
  private final Map<String, Integer> packNumbers = new HashMap<>();
  private int[] packOf = new int[FIRST_CAPACITY];
  private long[] narOffsets = new long[FIRST_CAPACITY];
  private long[] offsets = new long[FIRST_CAPACITY];
  private int[] storedLengths = new int[FIRST_CAPACITY];
  private int[] lengths = new int[FIRST_CAPACITY];
  private int count;
  private long end;
  private @Nullable BlobSink writing;
  private @Nullable ChunkedManifest stored;

  GrowingChunks(ChunkStore store) {
    this.store = store;
  }

  /** Says which pack is being written now, or that none is any more. */
  void writing(@Nullable BlobSink pack) {
    lock.lock();
    try {
      writing = pack;
    } finally {
      lock.unlock();
    }
  }

  /** Says where the next chunk of the NAR is. */
  void add(ChunkPlace place) {
    lock.lock();
    try {
      if (count == packOf.length) {
        grow();
      }
      packOf[count] = number(place.pack());
      narOffsets[count] = end;
      offsets[count] = place.offset();
      storedLengths[count] = place.storedLength();
      lengths[count] = place.length();
      count++;
      end += place.length();
    } finally {
      lock.unlock();
    }
  }

  private int number(String pack) {
    if (count > 0 && packs.get(packOf[count - 1]).equals(pack)) {
      return packOf[count - 1];
    }
    Integer known = packNumbers.putIfAbsent(pack, packs.size());
    if (known != null) {
      return known;
    }
    packs.add(pack);
    return packs.size() - 1;
  }

  private void grow() {
    int capacity = 2 * count;
    packOf = Arrays.copyOf(packOf, capacity);
    narOffsets = Arrays.copyOf(narOffsets, capacity);
    offsets = Arrays.copyOf(offsets, capacity);
    storedLengths = Arrays.copyOf(storedLengths, capacity);
    lengths = Arrays.copyOf(lengths, capacity);
  }

  /** Says that the NAR is stored as chunks, by whomever: packs of ours may go now. */
  void stored(NarId nar, long framesLength) {
    ChunkedManifest manifest =
        new ChunkedManifest(store.database().chunks(), store.blobs(), nar, framesLength);
    lock.lock();
    try {
      stored = manifest;
    } finally {
      lock.unlock();
    }
  }

  /** The NAR as it is stored; empty if it is not, or not yet. */
  Optional<ChunkedManifest> stored() {
    lock.lock();
    try {
      return Optional.ofNullable(stored);
    } finally {
      lock.unlock();
    }
  }

  /** The chunk that holds this byte of the NAR, which is there. */
  Place at(long narOffset) {
    lock.lock();
    try {
      return place(index(narOffset));
    } finally {
      lock.unlock();
    }
  }

  /**
   * The chunk that holds this byte of the NAR, and those behind it whose frames lie directly behind
   * each other in the same pack, as far as one ranged read goes.
   *
   * @param narOffset a byte that is there
   */
  List<Place> run(long narOffset) {
    lock.lock();
    try {
      int next = index(narOffset);
      List<Place> run = new ArrayList<>();
      long bytes = 0;
      do {
        run.add(place(next));
        bytes += storedLengths[next];
        next++;
      } while (next < count && follows(next) && bytes + storedLengths[next] <= ChunkWalk.RUN_BYTES);
      return run;
    } finally {
      lock.unlock();
    }
  }

  private int index(long narOffset) {
    if (narOffset < 0 || narOffset >= end) {
      throw new IllegalArgumentException("byte %d of %d".formatted(narOffset, end));
    }
    int found = Arrays.binarySearch(narOffsets, 0, count, narOffset);
    return found >= 0 ? found : -found - 2;
  }

  private boolean follows(int index) {
    return packOf[index] == packOf[index - 1]
        && offsets[index] == offsets[index - 1] + storedLengths[index - 1];
  }

  private Place place(int index) {
    String pack = packs.get(packOf[index]);
    BlobSink sink = writing != null && writing.key().equals(pack) ? writing : null;
    return new Place(
        narOffsets[index], pack, sink, offsets[index], storedLengths[index], lengths[index]);
  }

  /** Opens the bytes of the NAR; nothing is read before the first read. */
  @Override
  public InputStream openWritten(long from) {
    return new GrowingChunksInputStream(this, store, from);
  }
}
