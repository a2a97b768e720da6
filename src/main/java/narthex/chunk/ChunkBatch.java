package narthex.chunk;

import java.security.MessageDigest;
import java.util.Arrays;
import narthex.nix.Sha256;

/** Chunks that follow each other, in an array that others fill. For one thread at a time. */
final class ChunkBatch {
  private static final int FIRST_CAPACITY = 32;

  private final byte[] bytes;
  private final MessageDigest sha256 = Sha256.newDigest();
  private int[] offsets = new int[FIRST_CAPACITY];
  private int[] lengths = new int[FIRST_CAPACITY];
  private Sha256[] hashes = new Sha256[FIRST_CAPACITY];
  private int count;
  private int named;
  private int length;

  ChunkBatch(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Adds the chunk that lies there in the array. */
  void add(int offset, int chunkLength) {
    if (count == offsets.length) {
      offsets = Arrays.copyOf(offsets, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
      hashes = Arrays.copyOf(hashes, 2 * count);
    }
    offsets[count] = offset;
    lengths[count] = chunkLength;
    count++;
    length += chunkLength;
  }

  /** Names the chunks. */
  void name() {
    for (; named < count; named++) {
      sha256.update(bytes, offsets[named], lengths[named]);
      hashes[named] = Sha256.of(sha256.digest());
    }
  }

  /** Forgets all chunks. */
  void clear() {
    Arrays.fill(hashes, 0, named, null);
    count = 0;
    named = 0;
    length = 0;
  }

  int count() {
    return count;
  }

  /** The bytes of all chunks. */
  int length() {
    return length;
  }

  byte[] bytes() {
    return bytes;
  }

  /** The name of a chunk; only after {@link #name}. */
  Sha256 hash(int which) {
    return hashes[which];
  }

  int offset(int which) {
    return offsets[which];
  }

  int length(int which) {
    return lengths[which];
  }
}
