package narthex.stream;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import narthex.nix.Compression;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream.BlockSize;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Opens compressing streams. */
public final class Encoders {
  /** The default level of zstd; faster than most networks. */
  static final int ZSTD_LEVEL = 3;

  /** The default level of xz and of Nix; takes about 94 MiB of memory. */
  static final int XZ_PRESET = LZMA2Options.PRESET_DEFAULT;

  private static final int GZIP_BUFFER_BYTES = 16 * 1024;

  /** bzip2 has no stored blocks; the smallest block, of 100,000 bytes, takes about 1 MiB. */
  private static final int BZIP2_BLOCK = 1;

  private Encoders() {}

  /**
   * Opens a stream that compresses. Its memory doesn't depend on the length.
   *
   * @param compression one of NONE, ZSTD (with a checksum), XZ and GZIP
   * @param target receives the compressed bytes; closed with the result
   * @throws IllegalArgumentException if the compression is another one
   * @throws IOException if writing the header fails; the target stays open
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
          throw new IllegalArgumentException("can't compress to " + compression.nixName());
    };
  }

  private static OutputStream openZstd(OutputStream target) throws IOException {
    return new ZstdOutputStreamNoFinalizer(target, ZSTD_LEVEL).setChecksum(true);
  }

  /**
   * Opens a stream that writes a format with as little work and memory as the format allows: xz,
   * gzip and Brotli store the bytes uncompressed, the others compress them. Decoding takes at most
   * 1 MiB of memory.
   *
   * @param target receives the stream; closed with the result
   * @throws IOException if writing the header fails; the target stays open
   */
  public static EncodingOutputStream wrap(Compression compression, OutputStream target)
      throws IOException {
    return new EncodingOutputStream(target, out -> openWrapping(compression, out));
  }

  private static OutputStream openWrapping(Compression compression, OutputStream target)
      throws IOException {
    return switch (compression) {
      case NONE -> target;
      case ZSTD -> openZstd(target);
      case XZ -> new XZOutputStream(target, storedLzma2());
      case GZIP -> {
        GzipParameters stored = new GzipParameters();
        stored.setCompressionLevel(Deflater.NO_COMPRESSION);
        yield new GzipCompressorOutputStream(target, stored);
      }
      case BR -> new StoredBrotliOutputStream(target);
      case BZIP2 -> new BZip2CompressorOutputStream(target, BZIP2_BLOCK);
      case LZ4 ->
          new FramedLZ4CompressorOutputStream(
              target, new FramedLZ4CompressorOutputStream.Parameters(BlockSize.K64));
    };
  }

  /** Sets the smallest dictionary: it isn't used, but decoders allocate its size. */
  private static LZMA2Options storedLzma2() throws IOException {
    LZMA2Options options = new LZMA2Options();
    options.setMode(LZMA2Options.MODE_UNCOMPRESSED);
    options.setDictSize(LZMA2Options.DICT_SIZE_MIN);
    return options;
  }
}
