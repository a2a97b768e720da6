package narthex.chunk;

import java.security.MessageDigest;
import narthex.nix.Sha256;

/**
 * Finds cut points by FastCDC.
 *
 * <h2>Problem</h2>
 *
 * Bytes that occur in several NARs, at whatever offset, must become the same chunks, at the speed
 * of reading them.
 *
 * <h2>How</h2>
 *
 * A gear hash rolls over the bytes: it is doubled and a random number that stands for the next byte
 * is added, so that it depends on the last 64 bytes. A chunk ends behind a byte at which certain
 * bits of the hash are all zero. The first {@code min} bytes are skipped; up to {@code avg} two
 * more bits must be zero than the average wants, from there on two fewer (normalised chunking,
 * level 2), which gathers the lengths around {@code avg}; at {@code max} the chunk ends anyway. Two
 * bytes are taken per step, the first with numbers and masks that are shifted by one.
 *
 * <p>The cut points of given bytes and sizes are fixed for ever: stored chunks are found again only
 * if later versions cut alike.
 *
 * <p>Immutable, safe for use by several threads.
 *
 * <h2>Sources</h2>
 *
 * W. Xia et al., "The Design of Fast Content-Defined Chunking for Data Deduplication Based Storage
 * Systems", IEEE TPDS 31(9), 2020. The numbers of the gear table are our own: the first eight
 * bytes, big endian, of the SHA-256 of the one byte that they stand for.
 */
public final class Chunker {
  private static final int NORMALISATION_BITS = 2;

  private static final long[] GEAR = gear();
  private static final long[] GEAR_SHIFTED = shifted(GEAR);

  private final ChunkSizes sizes;
  private final long strictMask;
  private final long easyMask;

  /** Cuts into chunks of these sizes. */
  public Chunker(ChunkSizes sizes) {
    this.sizes = sizes;
    int bits = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(sizes.avg());
    this.strictMask = mask(bits + NORMALISATION_BITS);
    this.easyMask = mask(bits - NORMALISATION_BITS);
  }

  /** The sizes of the chunks. */
  public ChunkSizes sizes() {
    return sizes;
  }

  /**
   * How far one looked for the end of a chunk whose bytes come bit by bit. Begins anew by itself
   * when the end was found. For one thread.
   */
  static final class Search {
    private int seen;
    private long hash;
  }

  /**
   * Finds the end of the chunk that begins at {@code from}. The array must hold {@code max} bytes
   * from there on, or all that follow.
   *
   * @param to where the bytes in the array end
   * @return the length of the chunk, 0 if there are no bytes
   */
  public int cut(byte[] bytes, int from, int to) {
    int length = find(new Search(), bytes, from, to);
    return length == 0 ? to - from : length;
  }

  /**
   * Finds the end of the chunk that begins at {@code from}, if it is among the bytes that are
   * there, whatever follows them.
   *
   * @param search goes on where it stopped, so that no byte is looked at twice; the bytes of the
   *     chunk that were there before may lie elsewhere now
   * @param to where the bytes in the array end; never before where it was
   * @return the length of the chunk, or 0 if more bytes have to come
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
   * The highest bits but one: they depend on the most bytes, and the very highest is lost when the
   * hash is shifted for the first of two bytes.
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
