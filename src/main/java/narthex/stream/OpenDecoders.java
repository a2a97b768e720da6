package narthex.stream;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import narthex.nix.Compression;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;

/** Opens the decoder of a stream after taking its memory. */
final class OpenDecoders {
  /**
   * Binary logarithm of the largest accepted zstd window: 128 MiB, the default limit of the zstd
   * command and enough for {@code --ultra -22}.
   */
  static final int ZSTD_MAX_WINDOW_LOG = 27;

  /** Memory of the zstd decoder in addition to its window. */
  static final long ZSTD_BUFFER_BYTES = 512 << 10;

  /** The largest block has 900 kB; decoding takes five bytes for each of its bytes. */
  private static final long BZIP2_BYTES = 5 << 20;

  /** Memory of the gzip and lz4 decoders, whose windows have 32 and 64 KiB. */
  private static final long SMALL_WINDOW_BYTES = 384 << 10;

  /**
   * Source buffer of the decoders that read single bytes. That of xz reads few of them, and the
   * rest in blocks.
   */
  private static final int SOURCE_BUFFER_BYTES = 64 * 1024;

  private OpenDecoders() {}

  /**
   * Opens a decoder. Takes its memory by the stream's header, at once or while decoding.
   *
   * @param maxBytes the caller will read at most so many decoded bytes
   */
  static InputStream open(
      Compression compression, InputStream source, DecoderLease lease, long maxBytes)
      throws IOException {
    return switch (compression) {
      case NONE -> source;
      case XZ -> XzDecoder.open(new BufferedInputStream(source), lease, maxBytes);
      case ZSTD -> openZstd(new ZstdWindows(source, lease, maxBytes));
      case BZIP2 -> {
        lease.require(BZIP2_BYTES);
        yield new BZip2CompressorInputStream(buffered(source), true);
      }
      case GZIP -> {
        lease.require(SMALL_WINDOW_BYTES);
        yield new GzipDecoder(source);
      }
      case BR -> BrotliDecoder.open(source, lease, maxBytes);
      case LZ4 -> {
        lease.require(SMALL_WINDOW_BYTES);
        yield new FramedLZ4CompressorInputStream(buffered(source), true);
      }
    };
  }

  /** zstd-jni has a source buffer of its own. It must be closed to free its native memory. */
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
