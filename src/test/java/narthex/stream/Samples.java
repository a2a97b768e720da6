package narthex.stream;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import narthex.nix.Compression;

/**
 * A text, and the same text compressed by the usual commands (xz, zstd, bzip2, gzip, brotli, lz4).
 */
final class Samples {
  private static final byte[] PHRASE = "the quick NAR jumps over the lazy chunk; ".getBytes();
  private static final int LENGTH = 24 * 1024 + 7;

  private Samples() {}

  /** A mixture of compressible and incompressible bytes, always the same. */
  static byte[] plain() {
    byte[] bytes = new byte[LENGTH];
    long state = 42;
    for (int i = 0; i < LENGTH; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      bytes[i] = i % 1024 >= 700 ? (byte) (state >>> 56) : PHRASE[i % PHRASE.length];
    }
    return bytes;
  }

  static byte[] compressed(Compression compression) throws IOException {
    if (compression == Compression.NONE) {
      return plain();
    }
    String name = "sample" + compression.extension();
    try (InputStream in = Samples.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("no resource " + name);
      }
      return in.readAllBytes();
    }
  }

  static byte[] concatenated(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  /**
   * Decodes and closes a stream, limited to 16 MiB in case damaged bytes decode to endless output.
   */
  static byte[] decoded(Compression compression, byte[] bytes) throws IOException {
    return decoded(compression, new ByteArrayInputStream(bytes));
  }

  static byte[] decoded(Compression compression, InputStream source) throws IOException {
    try (InputStream in =
        new BoundedInputStream(Decoders.decode(compression, source), 16 << 20, "a test")) {
      return in.readAllBytes();
    }
  }

  static byte[] prefix(byte[] bytes, int length) {
    return Arrays.copyOf(bytes, length);
  }
}
