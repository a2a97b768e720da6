package narthex.chunk;

import java.security.MessageDigest;
import narthex.nix.Sha256;

/**
 * Finds cut points with FastCDC.
 *
 * <h2>Problem</h2>
 *
 * Equal content in several NARs must become the same chunks, whatever its offset. Cutting must not
 * be slower than reading.
 *
 * <h2>How</h2>
 *
 * The Gear rolling hash is shifted left by one bit for each byte, then the Gear table's number for
 * this byte is added. So it depends on the last 64 bytes. A cut point is after a byte at which all
 * bits of a mask are zero in the hash. The first {@code min} bytes are skipped. Up to {@code avg}
 * bytes the mask has two bits more than the binary logarithm of {@code avg} (rounded down), from
 * there on two fewer (normalized chunking, level 2), which brings most lengths close to {@code
 * avg}. At {@code max} bytes the chunk is cut anyway. Each step rolls two bytes, the first with a
 * number and a mask that are shifted by one.
 *
 * <p>The cut points for given bytes and sizes must never change: new chunks match stored chunks
 * only if all versions of Narthex cut alike.
 *
 * <p>Immutable.
 *
 * <h2>Sources</h2>
 *
 * W. Xia et al., "The Design of Fast Content-Defined Chunking for Data Deduplication Based Storage
 * Systems", IEEE TPDS 31(9), 2020. The Gear table isn't from the paper: the number for a byte is
 * the first eight bytes, big endian, of the SHA-256 of this byte.
 */
public final class Chunker {
  private static final int NORMALISATION_BITS = 2;

  private static final long[] GEAR = gear();
  private static final long[] GEAR_SHIFTED = shifted(GEAR);

  private final ChunkSizes sizes;
  private final long strictMask;
  private final long easyMask;

  /** Creates a chunker for these sizes. */
  public Chunker(ChunkSizes sizes) {
    this.sizes = sizes;
    int bits = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(sizes.avg());
    this.strictMask = mask(bits + NORMALISATION_BITS);
    this.easyMask = mask(bits - NORMALISATION_BITS);
  }

  /** Returns the chunk sizes. */
  public ChunkSizes sizes() {
    return sizes;
  }

  /**
   * The state of an interrupted search for a cut point, to resume when more bytes have arrived.
   * {@link #find} resets it when it finds the cut point. Not thread-safe.
   */
  static final class Search {
    private int seen;
    private long hash;
  }

  /**
   * Finds the end of the chunk that starts at {@code from}. The array must contain {@code max}
   * bytes from there on, or all remaining bytes of the NAR.
   *
   * @param to the end of the bytes in the array, exclusive
   * @return the length of the chunk; 0 if there are no bytes
   */
  public int cut(byte[] bytes, int from, int to) {
    int length = find(new Search(), bytes, from, to);
    return length == 0 ? to - from : length;
  }

  /**
   * Finds the end of the chunk that starts at {@code from}, if it doesn't depend on bytes that
   * haven't arrived yet.
   *
   * @param search resumes here, so that no byte is hashed twice; the chunk may have been moved in
   *     the array since
   * @param to the end of the bytes in the array, exclusive; the array must have at least as many
   *     bytes of the chunk as in the call before
   * @return the length of the chunk, or 0 if more bytes are needed
   */
  int find(Search search, byte[] bytes, int from, int to) {
    int available = Math.min(to - from, sizes.max());
    int seen = Math.max(search.seen, sizes.min());
    long hash = search.hash;
    while (seen < available) {
      boolean isShort = seen < sizes.avg();
      long mask = isShort ? strictMask : easyMask;
      long shiftedMask = mask << 1;
      int until = from + (isShort ? Math.min(sizes.avg(), available) : available);
      int at = from + seen;
      for (; at + 1 < until; at += 2) {
        hash = (hash << 2) + GEAR_SHIFTED[bytes[at] & 0xff];
        if ((hash & shiftedMask) == 0) {
          return found(search, at + 1 - from);
        }
        hash += GEAR[bytes[at + 1] & 0xff];
        if ((hash & mask) == 0) {
          return found(search, at + 2 - from);
        }
      }
      if (at < until) {
        hash = (hash << 1) + GEAR[bytes[at++] & 0xff];
        if ((hash & mask) == 0) {
          return found(search, at - from);
        }
      }
      seen = until - from;
    }
    if (available == sizes.max()) {
      return found(search, available);
    }
    search.seen = seen;
    search.hash = hash;
    return 0;
  }

  private static int found(Search search, int length) {
    search.seen = 0;
    search.hash = 0;
    return length;
  }

  /**
   * Returns a mask of the highest bits except the topmost one. The highest bits depend on the most
   * bytes. The topmost bit would be lost when the mask is shifted for the first of two bytes.
   */
  private static long mask(int bits) {
    return ((1L << bits) - 1) << (Long.SIZE - 1 - bits);
  }

  private static long[] gear() {
    MessageDigest digest = Sha256.newDigest();
    long[] gear = new long[256];
    for (int value = 0; value < gear.length; value++) {
      byte[] hash = digest.digest(new byte[] {(byte) value});
      for (int i = 0; i < Long.BYTES; i++) {
        gear[value] = gear[value] << Byte.SIZE | hash[i] & 0xff;
      }
    }
    return gear;
  }

  private static long[] shifted(long[] numbers) {
    long[] shifted = new long[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      shifted[i] = numbers[i] << 1;
    }
    return shifted;
  }
}
