package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.ArrayCache;
import org.tukaani.xz.XZInputStream;

/**
 * Opens decoders of xz streams.
 *
 * <p>The decoder of XZ for Java allocates the dictionary size of the block header, even for a tiny
 * block. So this class rewrites the first block's header to the smallest dictionary that is enough
 * for the bytes that the caller will read. It takes memory from the budget for each dictionary
 * before the decoder allocates it.
 *
 * <p>Source: the .xz file format, 1.2.1, sections 1.2, 2.1.1, 3.1 and 5.3.1.
 */
final class XzDecoder {
  /** Memory of the decoder in addition to its dictionary. */
  private static final long BASE_BYTES = 384 << 10;

  private static final int STREAM_HEADER_BYTES = 12;
  private static final int MAX_BLOCK_HEADER_BYTES = 1024;
  private static final int CRC_BYTES = 4;
  private static final int HAS_COMPRESSED_SIZE = 0x40;
  private static final int HAS_UNCOMPRESSED_SIZE = 0x80;
  private static final long LZMA2 = 0x21;

  /**
   * Largest code of a dictionary size, 4 GiB - 1. Smaller codes mean two or three times a power of
   * two.
   */
  private static final int MAX_CODE = 40;

  /**
   * Makes the dictionary a bit larger than needed: a block that is longer than announced still
   * decodes past the limit, so that the reader reports its length and not corrupt data.
   */
  private static final long MARGIN_BYTES = 64 << 10;

  private static final int NO_LIMIT = -1;

  private XzDecoder() {}

  static InputStream open(InputStream source, DecoderLease lease, long maxBytes)
      throws IOException {
    PushbackInputStream in =
        new PushbackInputStream(source, STREAM_HEADER_BYTES + MAX_BLOCK_HEADER_BYTES);
    byte[] start = in.readNBytes(STREAM_HEADER_BYTES + 1);
    if (start.length > STREAM_HEADER_BYTES && start[STREAM_HEADER_BYTES] != 0) {
      int length = ((start[STREAM_HEADER_BYTES] & 0xFF) + 1) * 4;
      byte[] rest = in.readNBytes(length - 1);
      start = Arrays.copyOf(start, start.length + rest.length);
      System.arraycopy(rest, 0, start, STREAM_HEADER_BYTES + 1, rest.length);
      if (rest.length == length - 1) {
        new BlockHeader(start, STREAM_HEADER_BYTES, length).limitDictionary(maxBytes);
      }
    }
    in.unread(start);
    lease.require(BASE_BYTES);
    return new XZInputStream(in, NO_LIMIT, new PaidArrays(lease));
  }

  /** The header of one block. */
  private static final class BlockHeader {
    private final byte[] bytes;
    private final int from;
    private final int end;
    private int next;

    BlockHeader(byte[] bytes, int from, int length) {
      this.bytes = bytes;
      this.from = from;
      this.end = from + length - CRC_BYTES;
      this.next = from + 1;
    }

    /** Rewrites the dictionary size; leaves a header that it doesn't understand to the decoder. */
    void limitDictionary(long maxBytes) {
      if (crc() != storedCrc()) {
        return;
      }
      int flags = bytes[next++] & 0xFF;
      if ((flags & HAS_COMPRESSED_SIZE) != 0) {
        number();
      }
      long size = (flags & HAS_UNCOMPRESSED_SIZE) != 0 ? number() : Long.MAX_VALUE;
      for (int filters = (flags & 3) + 1; filters > 0 && next < end; filters--) {
        long filter = number();
        long properties = number();
        if (filter == LZMA2 && properties == 1 && next < end) {
          limit(Math.min(size, maxBytes));
          return;
        }
        if (properties > end - next) {
          return;
        }
        next += (int) properties;
      }
    }

    private void limit(long usefulBytes) {
      int code = 0;
      while (code < MAX_CODE && dictionaryBytes(code) - MARGIN_BYTES < usefulBytes) {
        code++;
      }
      if (code < (bytes[next] & 0xFF) && (bytes[next] & 0xFF) <= MAX_CODE) {
        bytes[next] = (byte) code;
        long crc = crc();
        for (int i = 0; i < CRC_BYTES; i++) {
          bytes[end + i] = (byte) (crc >>> 8 * i);
        }
      }
    }

    private static long dictionaryBytes(int code) {
      return (2L | code & 1) << (code >>> 1) + 11;
    }

    private long crc() {
      CRC32 crc = new CRC32();
      crc.update(bytes, from, end - from);
      return crc.getValue();
    }

    private long storedCrc() {
      long crc = 0;
      for (int i = CRC_BYTES - 1; i >= 0; i--) {
        crc = crc << 8 | bytes[end + i] & 0xFF;
      }
      return crc;
    }

    private long number() {
      long number = 0;
      int shift = 0;
      while (next < end) {
        int value = bytes[next++];
        number |= (long) (value & 0x7F) << shift;
        shift += 7;
        if (value >= 0 || shift > 56) {
          break;
        }
      }
      return number;
    }
  }

  /** Takes memory from the budget for large arrays; reuses the dictionary for the next block. */
  private static final class PaidArrays extends ArrayCache {
    private final DecoderLease lease;
    private byte @Nullable [] free;

    PaidArrays(DecoderLease lease) {
      this.lease = lease;
    }

    @Override
    public byte[] getByteArray(int size, boolean fillWithZeros) {
      if (size <= MARGIN_BYTES) {
        return new byte[size];
      }
      byte[] array = free;
      free = null;
      if (array != null && array.length == size) {
        return array;
      }
      try {
        lease.require(BASE_BYTES + size);
        return new byte[size];
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (OutOfMemoryError e) {
        throw new UncheckedIOException(lease.exhausted(size));
      }
    }

    @Override
    public void putArray(byte[] array) {
      if (array.length > MARGIN_BYTES) {
        free = array;
      }
    }
  }
}
