package narthex.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import narthex.stream.PassingInputStream;

/** The bytes of a resource, readable from any offset. Immutable. */
abstract class Body {
  static final Body EMPTY = ofBytes(new byte[0]);

  abstract long length() throws IOException;

  abstract String entityTag() throws IOException;

  /** Opens the bytes from an offset; the caller closes the stream. */
  abstract InputStream open(long from) throws IOException;

  static Body ofBytes(byte[] given) {
    byte[] bytes = given.clone();
    String tag = '"' + digest(bytes) + '"';
    return new Body() {
      @Override
      long length() {
        return bytes.length;
      }

      @Override
      String entityTag() {
        return tag;
      }

      @Override
      InputStream open(long from) {
        return new ByteArrayInputStream(bytes, (int) from, bytes.length - (int) from);
      }
    };
  }

  static Body ofFile(Path file) {
    return new Body() {
      @Override
      long length() throws IOException {
        return Files.size(file);
      }

      @Override
      String entityTag() throws IOException {
        return '"'
            + Long.toHexString(length())
            + '-'
            + Files.getLastModifiedTime(file).toMillis()
            + '"';
      }

      @Override
      InputStream open(long from) throws IOException {
        var channel = Files.newByteChannel(file);
        channel.position(from);
        return java.nio.channels.Channels.newInputStream(channel);
      }
    };
  }

  /** The same bytes, with the byte at this offset inverted. */
  static Body withFlippedByte(Body body, long offset) {
    return new Derived(body) {
      @Override
      InputStream open(long from) throws IOException {
        return new FlippingStream(body.open(from), offset - from);
      }
    };
  }

  /** The bytes cut to a length, or extended to it by zeros. */
  static Body withLength(Body body, long length) {
    return new Derived(body) {
      @Override
      long length() {
        return length;
      }

      @Override
      InputStream open(long from) throws IOException {
        long own = body.length();
        int extra = (int) Math.max(0, length - Math.max(own, from));
        InputStream start = from < own ? body.open(from) : InputStream.nullInputStream();
        return new SequenceInputStream(start, new ByteArrayInputStream(new byte[extra]));
      }
    };
  }

  private static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private abstract static class Derived extends Body {
    private final Body body;

    Derived(Body body) {
      this.body = body;
    }

    @Override
    long length() throws IOException {
      return body.length();
    }

    @Override
    String entityTag() throws IOException {
      return body.entityTag();
    }
  }

  private static final class FlippingStream extends PassingInputStream {
    private long untilFlip;

    FlippingStream(InputStream in, long untilFlip) {
      super(in);
      this.untilFlip = untilFlip;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int count = in.read(into, offset, length);
      if (count > 0) {
        if (untilFlip >= 0 && untilFlip < count) {
          into[offset + (int) untilFlip] ^= (byte) 0xff;
        }
        untilFlip -= count;
      }
      return count;
    }
  }
}
