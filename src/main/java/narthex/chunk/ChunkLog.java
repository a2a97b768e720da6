package narthex.chunk;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import narthex.db.ChunkGroup;
import narthex.db.ChunkPlace;
import narthex.db.ManifestPart;
import narthex.nix.Sha256;

/**
 * The chunks of one NAR while it is cut: each distinct chunk once, and the order of all chunks in
 * the NAR. Needs about 80 bytes for each distinct chunk and 16 bytes for each chunk, which is about
 * 15 MB for a NAR of 10 GB at the default chunk sizes. Thread-safe, but only one thread may add
 * chunks.
 */
final class ChunkLog {
  /** Number of chunks in one part of a manifest; the last part may have fewer. */
  static final int CHUNKS_OF_PART = 2000;

  private static final int FIRST_SLOTS = 128;

  /** Number of columns that the hash takes; the others follow. */
  private static final int HASH_COLUMNS = Sha256.BYTES / Long.BYTES;

  private static final int NUMBER = HASH_COLUMNS;
  private static final int PACK_AND_OFFSET = NUMBER + 1;
  private static final int LENGTHS = NUMBER + 2;
  private static final int FRAME_CRC = NUMBER + 3;
  private static final int COLUMNS = NUMBER + 4;

  private static final int NAR_OFFSET = 0;
  private static final int INDEX = 1;

  private final ReentrantLock lock = new ReentrantLock();

  // all guarded by lock
  private final LongRows chunks = new LongRows(COLUMNS);
  private final LongRows order = new LongRows(2);
  private final List<String> packKeys = new ArrayList<>();
  private final Map<String, Integer> packNumbers = new HashMap<>();

  /** The groups of chunks that were compressed again, by index. */
  private final Map<Integer, ChunkGroup> groups = new HashMap<>();

  /** The indexes of chunks that have a row. */
  private final BitSet old = new BitSet();

  /**
   * A hash table with open addressing, at most half full. A slot has 1 + the index of a chunk, or 0
   * if it is free.
   */
  private int[] slots = new int[FIRST_SLOTS];

  private long narLength;
  private long framesLength;

  /** A chunk and its offset in the NAR. */
  record Entry(long narOffset, ChunkPlace place) {}

  /** Returns the index of the chunk with this hash, or -1 if it isn't in the log. */
  int find(Sha256 hash) {
    lock.lock();
    try {
      return slots[slot(words(hash))] - 1;
    } finally {
      lock.unlock();
    }
  }

  /** Adds a chunk that was already stored. Returns its index. */
  int addStored(ChunkPlace place) {
    lock.lock();
    try {
      int index = addNew(place);
      old.set(index);
      return index;
    } finally {
      lock.unlock();
    }
  }

  /** Adds a chunk that was written for this NAR. Returns its index. */
  int addNew(ChunkPlace place) {
    lock.lock();
    try {
      if (2 * (chunks.count() + 1) > slots.length) {
        doubleSlots();
      }
      long[] row = row(place);
      int slot = slot(row);
      int index = chunks.add(row);
      slots[slot] = index + 1;
      groups.compute(index, (number, before) -> place.group());
      return index;
    } finally {
      lock.unlock();
    }
  }

  private long[] row(ChunkPlace place) {
    long[] row = Arrays.copyOf(words(place.hash()), COLUMNS);
    row[NUMBER] = place.number();
    row[PACK_AND_OFFSET] = pair(packNumber(place.pack()), Math.toIntExact(place.offset()));
    row[LENGTHS] = pair(place.storedLength(), place.length());
    row[FRAME_CRC] = place.frameCrc();
    return row;
  }

  /** Changes the place of a chunk that is in another pack now; its own frame is the same. */
  void move(ChunkPlace place) {
    lock.lock();
    try {
      int index = slots[slot(words(place.hash()))] - 1;
      chunks.set(index, row(place));
      groups.compute(index, (number, before) -> place.group());
    } finally {
      lock.unlock();
    }
  }

  /** Records that a chunk that was written for this NAR has a row now. */
  void stored(Sha256 hash) {
    lock.lock();
    try {
      old.set(slots[slot(words(hash))] - 1);
    } finally {
      lock.unlock();
    }
  }

  private static long pair(int high, int low) {
    return (long) high << Integer.SIZE | low & 0xffff_ffffL;
  }

  private static int high(long pair) {
    return (int) (pair >>> Integer.SIZE);
  }

  private static int low(long pair) {
    return (int) pair;
  }

  private static long[] words(Sha256 hash) {
    long[] words = new long[HASH_COLUMNS];
    ByteBuffer.wrap(hash.bytes()).asLongBuffer().get(words);
    return words;
  }

  private int packNumber(String key) {
    Integer known = packNumbers.putIfAbsent(key, packKeys.size());
    if (known != null) {
      return known;
    }
    packKeys.add(key);
    return packKeys.size() - 1;
  }

  /** Appends a chunk to the NAR. Returns its uncompressed length in bytes. */
  int append(int index) {
    lock.lock();
    try {
      long lengths = chunks.get(index, LENGTHS);
      order.add(narLength, index);
      narLength += low(lengths);
      framesLength += high(lengths);
      return low(lengths);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the length in bytes of all frames of the NAR; a chunk that occurs twice counts twice.
   */
  long framesLength() {
    lock.lock();
    try {
      return framesLength;
    } finally {
      lock.unlock();
    }
  }

  private void doubleSlots() {
    int[] small = slots;
    slots = new int[2 * small.length];
    for (int entry : small) {
      if (entry != 0) {
        slots[slot(hashWords(entry - 1))] = entry;
      }
    }
  }

  private long[] hashWords(int index) {
    long[] words = new long[HASH_COLUMNS];
    Arrays.setAll(words, column -> chunks.get(index, column));
    return words;
  }

  /** Returns the slot of the chunk with this hash, or the free slot to put it in. */
  private int slot(long[] words) {
    int mask = slots.length - 1;
    int slot = low(words[0]) & mask;
    while (slots[slot] != 0 && !isHash(slots[slot] - 1, words)) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private boolean isHash(int index, long[] words) {
    for (int column = 0; column < HASH_COLUMNS; column++) {
      if (chunks.get(index, column) != words[column]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the chunk that contains this byte of the NAR.
   *
   * @throws IllegalArgumentException if the chunks don't reach to this offset
   */
  Entry at(long narOffset) {
    lock.lock();
    try {
      int which = which(narOffset);
      return new Entry(order.get(which, NAR_OFFSET), place(index(which)));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the chunk that contains this byte of the NAR, and the chunks after it while each frame
   * directly follows the one before in the same pack.
   *
   * @param narOffset an offset that the chunks reach to
   * @param mostFrameBytes maximum length of the frames together, in bytes; the first frame alone
   *     may be longer
   */
  List<Entry> run(long narOffset, long mostFrameBytes) {
    lock.lock();
    try {
      int next = which(narOffset);
      List<Entry> run = new ArrayList<>();
      ChunkPlace last = null;
      long bytes = 0;
      for (; next < order.count(); next++) {
        ChunkPlace place = place(index(next));
        bytes += last != null && place.isTogetherWith(last) ? 0 : place.packedLength();
        if (last != null && (!place.follows(last) || bytes > mostFrameBytes)) {
          break;
        }
        run.add(new Entry(order.get(next, NAR_OFFSET), place));
        last = place;
      }
      return run;
    } finally {
      lock.unlock();
    }
  }

  /** Finds the position in the order of the chunk that contains this byte of the NAR. */
  private int which(long narOffset) {
    if (narOffset < 0 || narOffset >= narLength) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "byte %d of %d", narOffset, narLength));
    }
    int from = 0;
    int to = order.count();
    while (to - from > 1) {
      int middle = from + to >>> 1;
      if (order.get(middle, NAR_OFFSET) <= narOffset) {
        from = middle;
      } else {
        to = middle;
      }
    }
    return from;
  }

  private int index(int which) {
    return (int) order.get(which, INDEX);
  }

  /** Returns where the chunk with this index is stored. */
  ChunkPlace place(int index) {
    lock.lock();
    try {
      ByteBuffer hash = ByteBuffer.allocate(Sha256.BYTES);
      hash.asLongBuffer().put(hashWords(index));
      long packAndOffset = chunks.get(index, PACK_AND_OFFSET);
      long lengths = chunks.get(index, LENGTHS);
      return new ChunkPlace(
          chunks.get(index, NUMBER),
          Sha256.of(hash.array()),
          packKeys.get(high(packAndOffset)),
          low(packAndOffset),
          high(lengths),
          low(lengths),
          (int) chunks.get(index, FRAME_CRC),
          groups.get(index));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the chunks that were written for this NAR and have no row yet, in the order of their
   * hashes.
   */
  Iterable<ChunkPlace> newChunks() {
    lock.lock();
    try {
      int[] sorted =
          IntStream.range(0, chunks.count())
              .filter(index -> !old.get(index))
              .boxed()
              .sorted(this::compareHashes)
              .mapToInt(Integer::intValue)
              .toArray();
      return () -> Arrays.stream(sorted).mapToObj(this::place).iterator();
    } finally {
      lock.unlock();
    }
  }

  private int compareHashes(int one, int other) {
    int compared = 0;
    for (int column = 0; column < HASH_COLUMNS && compared == 0; column++) {
      compared = Long.compareUnsigned(chunks.get(one, column), chunks.get(other, column));
    }
    return compared;
  }

  /**
   * Returns the parts of the manifest, each created when it is iterated. Call it after the last
   * chunk was added.
   */
  Iterable<ManifestPart> parts() {
    return Parts::new;
  }

  private final class Parts implements Iterator<ManifestPart> {
    private int next;
    private long narOffset;
    private long framesOffset;

    @Override
    public boolean hasNext() {
      lock.lock();
      try {
        return next < order.count();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public ManifestPart next() {
      lock.lock();
      try {
        if (next >= order.count()) {
          throw new NoSuchElementException();
        }
        long[] numbers = new long[Math.min(CHUNKS_OF_PART, order.count() - next)];
        long length = 0;
        long frames = 0;
        for (int i = 0; i < numbers.length; i++) {
          int index = index(next + i);
          numbers[i] = chunks.get(index, NUMBER);
          length += low(chunks.get(index, LENGTHS));
          frames += high(chunks.get(index, LENGTHS));
        }
        ManifestPart part =
            new ManifestPart(
                next / CHUNKS_OF_PART, narOffset, framesOffset, length, frames, numbers);
        next += numbers.length;
        narOffset += length;
        framesOffset += frames;
        return part;
      } finally {
        lock.unlock();
      }
    }
  }
}
