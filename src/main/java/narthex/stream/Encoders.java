package narthex.stream;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;
import narthex.nix.Compression;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** From bytes to compressed bytes. */
public final class Encoders {
  /** The zstd level: its default, and faster than most networks. */
  static final int ZSTD_LEVEL = 3;

  /** The xz level: its default and what Nix uses; takes about 94 MiB of memory. */
  static final int XZ_PRESET = LZMA2Options.PRESET_DEFAULT;

  private static final int GZIP_BUFFER_BYTES = 16 * 1024;

  private Encoders() {}

  /**
   * A stream that compresses what is written to it, in memory that does not grow with the length.
   *
   * @param compression one of NONE, ZSTD (with a checksum), XZ and GZIP
   * @param target takes the compressed bytes; closed when the result is closed
   * @throws IllegalArgumentException if nothing is written in that compression
   * @throws IOException if the target fails to take a header; it is not closed then
   */
  public static EncodingOutputStream encode(Compression compression, OutputStream target)
      throws IOException {
    return new EncodingOutputStream(target, out -> open(compression, out));
  }

  private static OutputStream open(Compression compression, OutputStream target)
      throws IOException {
    return switch (compression) {
      case NONE -> target;
      case ZSTD -> openZstd(target);
      case XZ -> new XZOutputStream(target, new LZMA2Options(XZ_PRESET));
      case GZIP -> new GZIPOutputStream(target, GZIP_BUFFER_BYTES, true);
      case BZIP2, BR, LZ4 ->
          throw new IllegalArgumentException("nothing is written as " + compression.nixName());
    };
  }

  private static OutputStream openZstd(OutputStream target) throws IOException {
    return new ZstdOutputStreamNoFinalizer(target, ZSTD_LEVEL).setChecksum(true);
  }
}
