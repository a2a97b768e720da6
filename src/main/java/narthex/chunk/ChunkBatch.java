package narthex.chunk;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import narthex.nix.Sha256;

/**
 * A buffer of bytes, and the chunks in it. Filled by one thread, then read by another, then filled
 * anew.
 */
final class ChunkBatch {
  private final byte[] bytes;
  private final MessageDigest sha256 = newSha256();
  private final List<Sha256> hashes = new ArrayList<>();
  private final List<Integer> ends = new ArrayList<>();
  private int filled;

  ChunkBatch(int capacity) {
    this.bytes = new byte[capacity];
  }

  /** Takes as many of these bytes as there is room for; returns how many. */
  int fill(byte[] from, int offset, int length) {
    int taken = Math.min(length, bytes.length - filled);
    System.arraycopy(from, offset, bytes, filled, taken);
    filled += taken;
    return taken;
  }

  boolean isFull() {
    return filled == bytes.length;
  }

  /**
   * Cuts and names all chunks that surely end here.
   *
   * @param least how many bytes must follow a chunk's beginning, 1 if none come behind these
   */
  void cut(Chunker chunker, int least) {
    int from = 0;
    while (filled - from >= least) {
      int length = chunker.cut(bytes, from, filled);
      sha256.update(bytes, from, length);
      hashes.add(Sha256.of(sha256.digest()));
      from += length;
      ends.add(from);
    }
  }

  /** Empties this one and takes over the bytes of the other that are in none of its chunks. */
  void continueAfter(ChunkBatch other) {
    hashes.clear();
    ends.clear();
    filled = 0;
    int from = other.ends.isEmpty() ? 0 : other.ends.get(other.ends.size() - 1);
    fill(other.bytes, from, other.filled - from);
  }

  int count() {
    return hashes.size();
  }

  byte[] bytes() {
    return bytes;
  }

  Sha256 hash(int which) {
    return hashes.get(which);
  }

  int offset(int which) {
    return which == 0 ? 0 : ends.get(which - 1);
  }

  int length(int which) {
    return ends.get(which) - offset(which);
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
