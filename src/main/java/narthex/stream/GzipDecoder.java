package narthex.stream;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decodes concatenated gzip members. Like gzip, accepts zero padding after the last one. Headers of
 * any length take no memory. Holds native memory until closed. For one thread.
 *
 * <p>Source: RFC 1952.
 */
final class GzipDecoder extends SpanInputStream {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int MAGIC_1 = 0x1F;
  private static final int MAGIC_2 = 0x8B;
  private static final int DEFLATE = 8;
  private static final int BYTES_BEHIND_FLAGS = 6;
  private static final int HAS_HEADER_CRC = 2;
  private static final int HAS_EXTRA = 4;
  private static final int HAS_NAME = 8;
  private static final int HAS_COMMENT = 16;
  private static final int RESERVED = 0xE0;

  private final InputStream source;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int next;
  private int filled;
  private boolean inMember;
  private boolean isFirst = true;

  GzipDecoder(InputStream source) {
    this.source = source;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    while (true) {
      if (!inMember && !beginMember()) {
        return -1;
      }
      int count = inflate(bytes, offset, length);
      if (count > 0) {
        crc.update(bytes, offset, count);
        return count;
      }
      if (inflater.finished()) {
        endMember();
      } else if (inflater.needsInput()) {
        if (!fill()) {
          throw new EOFException("unexpected end of a member");
        }
        inflater.setInput(buffer, next, filled - next);
        next = filled;
      } else {
        throw new IOException("dictionaries are not supported");
      }
    }
  }

  private int inflate(byte[] bytes, int offset, int length) throws IOException {
    try {
      return inflater.inflate(bytes, offset, length);
    } catch (DataFormatException e) {
      throw new IOException(e);
    }
  }

  /** Reads the header of the next member; false at the end of the stream. */
  private boolean beginMember() throws IOException {
    int magic = readByte();
    if (!isFirst && magic <= 0) {
      requireZeros(magic);
      return false;
    }
    if (magic != MAGIC_1 || require() != MAGIC_2 || require() != DEFLATE) {
      throw new IOException("no gzip header");
    }
    int flags = require();
    if ((flags & RESERVED) != 0) {
      throw new IOException("unknown flags in the gzip header");
    }
    skip(BYTES_BEHIND_FLAGS);
    if ((flags & HAS_EXTRA) != 0) {
      skip(require() | require() << 8);
    }
    if ((flags & HAS_NAME) != 0) {
      skipText();
    }
    if ((flags & HAS_COMMENT) != 0) {
      skipText();
    }
    if ((flags & HAS_HEADER_CRC) != 0) {
      skip(2);
    }
    inflater.reset();
    inflater.setInput(buffer, next, filled - next);
    next = filled;
    crc.reset();
    inMember = true;
    isFirst = false;
    return true;
  }

  private void requireZeros(int first) throws IOException {
    int value = first;
    while (value == 0) {
      value = readByte();
    }
    if (value > 0) {
      throw new IOException("trailing bytes");
    }
  }

  private void endMember() throws IOException {
    next = filled - inflater.getRemaining();
    inMember = false;
    if (readInt() != crc.getValue()) {
      throw new IOException("wrong checksum");
    }
    if (readInt() != (inflater.getBytesWritten() & 0xFFFF_FFFFL)) {
      throw new IOException("wrong length");
    }
  }

  private void skip(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      require();
    }
  }

  /** Skips a file name or comment, which ends with a zero. */
  private void skipText() throws IOException {
    int value;
    do {
      value = require();
    } while (value != 0);
  }

  private long readInt() throws IOException {
    return require() | require() << 8 | require() << 16 | (long) require() << 24;
  }

  private int require() throws IOException {
    int value = readByte();
    if (value < 0) {
      throw new EOFException("unexpected end of a header or trailer");
    }
    return value;
  }

  private int readByte() throws IOException {
    return next < filled || fill() ? buffer[next++] & 0xFF : -1;
  }

  private boolean fill() throws IOException {
    int count = source.read(buffer, 0, buffer.length);
    next = 0;
    filled = Math.max(0, count);
    return count > 0;
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    source.close();
  }
}
