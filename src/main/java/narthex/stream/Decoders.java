package narthex.stream;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import narthex.nix.Compression;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.brotli.dec.BrotliInputStream;
import org.tukaani.xz.XZInputStream;

/** From compressed bytes to the bytes themselves. */
public final class Decoders {
  /**
   * Memory that decoding one xz stream may take, in KiB: four times the 65 MiB of {@code xz -9},
   * and a bound against streams that ask for gigabytes.
   */
  static final int XZ_MEMORY_LIMIT_KIB = 256 * 1024;

  /**
   * Binary logarithm of the largest zstd window in bytes: 128 MiB, which is the limit of the zstd
   * command too and enough for {@code --ultra -22}.
   */
  static final int ZSTD_MAX_WINDOW_LOG = 27;

  /** Compressed bytes read at once from the source, for decoders that would read single bytes. */
  private static final int SOURCE_BUFFER_BYTES = 64 * 1024;

  /** Decoded bytes that the Brotli decoder keeps, beyond its window. */
  private static final int BROTLI_BUFFER_BYTES = 64 * 1024;

  private Decoders() {}

  /**
   * The decoded bytes of a stream. Reads nothing before the first read. Several xz streams, zstd,
   * gzip or lz4 frames or bzip2 streams behind each other are one stream. The end is given only
   * when the compressed stream was read to its end and was whole; otherwise, and on any damage that
   * the format shows, {@link CorruptEncodingException}. A failed stream goes on failing. An {@link
   * IOException} of the source itself passes unchanged.
   *
   * <p>One gap, of the Brotli decoder: garbage behind the end of a Brotli stream is not noticed if
   * it ends exactly where the decoder's read buffer does (for one length of 4096).
   *
   * <p>For one thread: a close waits for a read that is under way. Always close it, since zstd
   * holds native memory.
   *
   * @param compression how the bytes are compressed; {@link Compression#NONE} gives the source
   * @param source the compressed bytes, closed when the result is closed
   */
  public static InputStream decode(Compression compression, InputStream source) {
    return compression == Compression.NONE
        ? source
        : new DecodingInputStream(compression, source, in -> open(compression, in));
  }

  private static InputStream open(Compression compression, InputStream source) throws IOException {
    return switch (compression) {
      case NONE -> source;
      case XZ -> new XZInputStream(buffered(source), XZ_MEMORY_LIMIT_KIB);
      case ZSTD -> openZstd(source);
      case BZIP2 -> new BZip2CompressorInputStream(buffered(source), true);
      case GZIP -> new GzipCompressorInputStream(buffered(source), true);
      case BR -> new BrotliInputStream(source, BROTLI_BUFFER_BYTES);
      case LZ4 -> new FramedLZ4CompressorInputStream(buffered(source), true);
    };
  }

  /** zstd-jni reads blocks of 128 KiB itself, and needs to be closed to free its native memory. */
  @SuppressWarnings("resource")
  private static InputStream openZstd(InputStream source) throws IOException {
    ZstdInputStreamNoFinalizer zstd = new ZstdInputStreamNoFinalizer(source);
    try {
      return zstd.setContinuous(false).setLongMax(ZSTD_MAX_WINDOW_LOG);
    } catch (IOException | RuntimeException e) {
      zstd.close();
      throw e;
    }
  }

  private static InputStream buffered(InputStream source) {
    return new BufferedInputStream(source, SOURCE_BUFFER_BYTES);
  }
}
