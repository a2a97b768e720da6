package narthex.chunk;

import java.security.MessageDigest;
import java.util.Arrays;
import narthex.nix.Sha256;

/** Consecutive chunks of a NAR, in an array that belongs to the caller. Not thread-safe. */
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

  /** Adds the chunk at this offset of the array. */
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

  /** Computes the hashes of the chunks that have none yet. */
  void name() {
    for (; named < count; named++) {
      sha256.update(bytes, offsets[named], lengths[named]);
      hashes[named] = Sha256.of(sha256.digest());
    }
  }

  /** Removes all chunks. */
  void clear() {
    Arrays.fill(hashes, 0, named, null);
    count = 0;
    named = 0;
    length = 0;
  }

  int count() {
    return count;
  }

  /** Returns the length of all chunks together, in bytes. */
  int length() {
    return length;
  }

  byte[] bytes() {
    return bytes;
  }

  /** Returns the hash of a chunk. Call {@link #name} first. */
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
