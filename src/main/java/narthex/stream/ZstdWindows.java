package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import narthex.nix.Compression;

/**
 * Parses the headers of zstd frames on their way to the decoder. Takes the memory for each frame's
 * window before the decoder sees the frame's header. For one thread.
 *
 * <p>Source: RFC 8878, 3.1.
 */
final class ZstdWindows extends PassingInputStream {
  private static final long MAGIC = 0xFD2FB528L;
  private static final long SKIPPABLE = 0x184D2A50L;
  private static final long SKIPPABLE_MASK = 0xFFFFFFF0L;
  private static final int[] DICTIONARY_ID_BYTES = {0, 1, 2, 4};
  private static final int[] CONTENT_SIZE_BYTES = {0, 2, 4, 8};
  private static final int CONTENT_SIZE_OFFSET = 256;
  private static final int RUN = 1;
  private static final int CHECKSUM_BYTES = 4;

  private enum Part {
    MAGIC,
    SKIPPED_LENGTH,
    DESCRIPTOR,
    HEADER,
    BLOCK_HEADER
  }

  private final DecoderLease lease;
  private final long maxBytes;
  private Part part = Part.MAGIC;
  private int descriptor;
  private long toSkip;
  private final byte[] collected = new byte[16];
  private int count;
  private int wanted = 4;

  ZstdWindows(InputStream in, DecoderLease lease, long maxBytes) {
    super(in);
    this.lease = lease;
    this.maxBytes = maxBytes;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int got = in.read(bytes, offset, length);
    int at = offset;
    while (at < offset + got) {
      if (toSkip > 0) {
        int skipped = (int) Math.min(toSkip, offset + got - at);
        toSkip -= skipped;
        at += skipped;
      } else {
        collected[count++] = bytes[at++];
        while (count == wanted) {
          endPart();
        }
      }
    }
    return got;
  }

  /** Interprets the collected bytes and decides what comes next. */
  private void endPart() throws IOException {
    switch (part) {
      case MAGIC -> {
        long magic = number(0, 4);
        if (magic == MAGIC) {
          collect(Part.DESCRIPTOR, 1);
        } else if ((magic & SKIPPABLE_MASK) == SKIPPABLE) {
          collect(Part.SKIPPED_LENGTH, 4);
        } else {
          throw new CorruptEncodingException(Compression.ZSTD, "wrong magic", null);
        }
      }
      case SKIPPED_LENGTH -> {
        toSkip = number(0, 4);
        collect(Part.MAGIC, 4);
      }
      case DESCRIPTOR -> {
        descriptor = (int) number(0, 1);
        collect(Part.HEADER, windowBytes() + dictionaryIdBytes() + contentSizeBytes());
      }
      case HEADER -> {
        lease.require(OpenDecoders.ZSTD_BUFFER_BYTES + Math.min(maxBytes, window()));
        collect(Part.BLOCK_HEADER, 3);
      }
      case BLOCK_HEADER -> {
        int block = (int) number(0, 3);
        boolean isLast = (block & 1) != 0;
        boolean isRun = (block >> 1 & 3) == RUN;
        toSkip = isRun ? 1 : block >> 3;
        if (isLast) {
          toSkip += (descriptor & 4) != 0 ? CHECKSUM_BYTES : 0;
          collect(Part.MAGIC, 4);
        } else {
          collect(Part.BLOCK_HEADER, 3);
        }
      }
    }
  }

  private void collect(Part next, int bytes) {
    part = next;
    wanted = bytes;
    count = 0;
  }

  private boolean isSingleSegment() {
    return (descriptor & 0x20) != 0;
  }

  private int windowBytes() {
    return isSingleSegment() ? 0 : 1;
  }

  private int dictionaryIdBytes() {
    return DICTIONARY_ID_BYTES[descriptor & 3];
  }

  private int contentSizeBytes() {
    int flag = descriptor >> 6;
    return flag == 0 && isSingleSegment() ? 1 : CONTENT_SIZE_BYTES[flag];
  }

  /**
   * Memory for the frame's window, or for the whole content if that is shorter. Limited because the
   * decoder rejects larger windows.
   */
  private long window() {
    return Math.min(1L << OpenDecoders.ZSTD_MAX_WINDOW_LOG, announcedWindow());
  }

  private long announcedWindow() {
    int sizeBytes = contentSizeBytes();
    long content = number(windowBytes() + dictionaryIdBytes(), sizeBytes);
    if (sizeBytes == 0 || content < 0) {
      content = Long.MAX_VALUE;
    } else if (sizeBytes == 2) {
      content += CONTENT_SIZE_OFFSET;
    }
    if (isSingleSegment()) {
      return content;
    }
    int code = (int) number(0, 1);
    long base = 1L << 10 + (code >> 3);
    return Math.min(content, base + base / 8 * (code & 7));
  }

  private long number(int from, int bytes) {
    long number = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      number = number << 8 | collected[from + i] & 0xFF;
    }
    return number;
  }
}
