package narthex.chunk;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import narthex.db.ChunkPlace;
import narthex.db.ManifestPart;
import narthex.nix.Sha256;

/**
 * The chunks of one NAR while it is cut: each different one once, and their order. Takes about 64
 * bytes for each different one and 4 for each, so that a NAR of many gigabytes takes a few
 * megabytes. For one thread.
 */
final class ChunkLog {
  /** Chunks of one part of a manifest. */
  static final int CHUNKS_OF_PART = 2000;

  private static final int FIRST_CAPACITY = 64;

  private final List<String> packKeys = new ArrayList<>();
  private final Map<String, Integer> packNumbers = new HashMap<>();

  /** The chunks that were stored before. */
  private final BitSet old = new BitSet();

  private byte[] hashes = new byte[FIRST_CAPACITY * Sha256.BYTES];
  private long[] numbers = new long[FIRST_CAPACITY];
  private int[] packs = new int[FIRST_CAPACITY];
  private int[] offsets = new int[FIRST_CAPACITY];
  private int[] storedLengths = new int[FIRST_CAPACITY];
  private int[] lengths = new int[FIRST_CAPACITY];
  private int[] frameCrcs = new int[FIRST_CAPACITY];
  private int different;

  /** Open addressing, at most half full: 1 + index of the chunk, 0 where there is none. */
  private int[] slots = new int[2 * FIRST_CAPACITY];

  private int[] order = new int[FIRST_CAPACITY];
  private int count;
  private long framesLength;

  /** Returns the index of a chunk that is in the log, or -1. */
  int find(Sha256 hash) {
    byte[] bytes = hash.bytes();
    return slots[slot(bytes, 0)] - 1;
  }

  /** Adds a chunk that was stored before; returns its index. */
  int addStored(ChunkPlace place) {
    int index = addNew(place);
    old.set(index);
    return index;
  }

  /** Adds a chunk that has just been written; returns its index. */
  int addNew(ChunkPlace place) {
    if (different == numbers.length) {
      grow();
    }
    int index = different++;
    System.arraycopy(place.hash().bytes(), 0, hashes, index * Sha256.BYTES, Sha256.BYTES);
    numbers[index] = place.number();
    packs[index] = packNumber(place.pack());
    offsets[index] = Math.toIntExact(place.offset());
    storedLengths[index] = place.storedLength();
    lengths[index] = place.length();
    frameCrcs[index] = place.frameCrc();
    slots[slot(hashes, index * Sha256.BYTES)] = index + 1;
    return index;
  }

  private int packNumber(String key) {
    Integer known = packNumbers.putIfAbsent(key, packKeys.size());
    if (known != null) {
      return known;
    }
    packKeys.add(key);
    return packKeys.size() - 1;
  }

  /** Puts a chunk behind the others of the NAR. */
  void append(int index) {
    if (count == order.length) {
      order = Arrays.copyOf(order, 2 * count);
    }
    order[count++] = index;
    framesLength += storedLengths[index];
  }

  /** The bytes of all frames of the NAR. */
  long framesLength() {
    return framesLength;
  }

  private void grow() {
    int capacity = 2 * different;
    hashes = Arrays.copyOf(hashes, capacity * Sha256.BYTES);
    numbers = Arrays.copyOf(numbers, capacity);
    packs = Arrays.copyOf(packs, capacity);
    offsets = Arrays.copyOf(offsets, capacity);
    storedLengths = Arrays.copyOf(storedLengths, capacity);
    lengths = Arrays.copyOf(lengths, capacity);
    frameCrcs = Arrays.copyOf(frameCrcs, capacity);
    slots = new int[2 * capacity];
    for (int index = 0; index < different; index++) {
      slots[slot(hashes, index * Sha256.BYTES)] = index + 1;
    }
  }

  /** The slot of the chunk with the hash at that place, or the free one where it belongs. */
  private int slot(byte[] bytes, int from) {
    int mask = slots.length - 1;
    int start =
        bytes[from] & 0xff
            | (bytes[from + 1] & 0xff) << 8
            | (bytes[from + 2] & 0xff) << 16
            | bytes[from + 3] << 24;
    int slot = start & mask;
    while (slots[slot] != 0) {
      int at = (slots[slot] - 1) * Sha256.BYTES;
      if (Arrays.equals(bytes, from, from + Sha256.BYTES, hashes, at, at + Sha256.BYTES)) {
        return slot;
      }
      slot = slot + 1 & mask;
    }
    return slot;
  }

  /** The chunks that were not stored before, in the order of their hashes. */
  Iterable<ChunkPlace> newChunks() {
    Integer[] sorted =
        IntStream.range(0, different)
            .filter(index -> !old.get(index))
            .boxed()
            .sorted(this::compareHashes)
            .toArray(Integer[]::new);
    return () -> Arrays.stream(sorted).map(this::place).iterator();
  }

  private int compareHashes(int one, int other) {
    int first = one * Sha256.BYTES;
    int second = other * Sha256.BYTES;
    return Arrays.compareUnsigned(
        hashes, first, first + Sha256.BYTES, hashes, second, second + Sha256.BYTES);
  }

  /** Where a chunk is. */
  ChunkPlace place(int index) {
    int from = index * Sha256.BYTES;
    return new ChunkPlace(
        numbers[index],
        Sha256.of(Arrays.copyOfRange(hashes, from, from + Sha256.BYTES)),
        packKeys.get(packs[index]),
        offsets[index],
        storedLengths[index],
        lengths[index],
        frameCrcs[index]);
  }

  /** The manifest, made part by part each time it is run through. */
  Iterable<ManifestPart> parts() {
    return Parts::new;
  }

  private final class Parts implements Iterator<ManifestPart> {
    private int next;
    private long narOffset;
    private long framesOffset;

    @Override
    public boolean hasNext() {
      return next < count;
    }

    @Override
    public ManifestPart next() {
      if (next >= count) {
        throw new NoSuchElementException();
      }
      long[] chunks = new long[Math.min(CHUNKS_OF_PART, count - next)];
      long length = 0;
      long frames = 0;
      for (int i = 0; i < chunks.length; i++) {
        int index = order[next + i];
        chunks[i] = numbers[index];
        length += lengths[index];
        frames += storedLengths[index];
      }
      ManifestPart part =
          new ManifestPart(next / CHUNKS_OF_PART, narOffset, framesOffset, length, frames, chunks);
      next += chunks.length;
      narOffset += length;
      framesOffset += frames;
      return part;
    }
  }
}
