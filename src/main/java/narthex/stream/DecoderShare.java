package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.nix.Compression;
import narthex.stream.DecoderBudget.Patience;
import narthex.stream.DecoderBudget.Work;

/**
 * Decodes for one kind of work, with memory of the {@link DecoderBudget}: from compressed bytes to
 * the bytes themselves. Thread-safe.
 *
 * <p>Several xz streams, zstd, gzip or lz4 frames or bzip2 streams behind each other are one
 * stream. The end is given only when the compressed stream was read to its end and was whole;
 * otherwise, and on any damage that the format shows, {@link CorruptEncodingException}. A failed
 * stream goes on failing. An {@link IOException} of the source itself passes unchanged.
 */
public final class DecoderShare {
  private static final Duration USUAL_WAIT = Duration.ofSeconds(30);

  private static final Patience USUAL = waited -> waited.compareTo(USUAL_WAIT) < 0;

  private final DecoderBudget budget;
  private final Work work;
  private final LongSkips skips;

  DecoderShare(DecoderBudget budget, Work work, LongSkips skips) {
    this.budget = budget;
    this.work = work;
    this.skips = skips;
  }

  /**
   * How something is decoded.
   *
   * @param maxBytes how many decoded bytes will be read at most: a larger window isn't needed
   * @param besideBytes memory that is needed beside the decoder from the first byte on
   * @param patience how long to wait for memory
   */
  public record Terms(long maxBytes, long besideBytes, Patience patience) {}

  /**
   * The decoded bytes of a stream. Reads nothing before the first read, which may wait for memory
   * up to 30 seconds. The memory is free again at the stream's end, at the latest when the stream
   * is closed. Always close it. For one thread: a close waits for a read that is under way.
   *
   * <p>A read fails with {@link DecoderMemoryException} if there is no memory.
   *
   * @param compression how the bytes are compressed; {@link Compression#NONE} gives the source
   * @param source the compressed bytes, closed when the result is closed
   * @param maxBytes how many decoded bytes will be read at most
   */
  public InputStream decode(Compression compression, InputStream source, long maxBytes) {
    return decode(compression, source, new Terms(maxBytes, 0, USUAL));
  }

  /** The same on these terms. */
  public InputStream decode(Compression compression, InputStream source, Terms terms) {
    if (compression == Compression.NONE && terms.besideBytes() == 0) {
      return source;
    }
    DecoderLease lease = new DecoderLease(budget, work, terms.besideBytes(), terms.patience());
    if (compression == Compression.NONE) {
      return new LeasingInputStream(source, lease);
    }
    return new DecodingInputStream(
        compression,
        source,
        lease,
        in -> OpenDecoders.open(compression, in, lease, terms.maxBytes()));
  }

  /** Looks from time to time whether somebody still wants the bytes. */
  @FunctionalInterface
  public interface Watch {
    /**
     * Looks.
     *
     * @throws IOException if nobody wants them any more
     */
    void look() throws IOException;
  }

  /**
   * Skips over decoded bytes. A long skip looks again and again whether it is still wanted, and
   * only a few run over the same file at once.
   *
   * @param file names the file, to tell skips over the same one
   * @param decoded gives the bytes
   * @throws java.io.EOFException if the stream ends before
   * @throws DecodersBusyException if others skip over this file for a minute
   */
  public void skip(Object file, InputStream decoded, long count, Watch watch) throws IOException {
    skips.skip(file, decoded, count, watch);
  }

  /** Opens a stream. */
  @FunctionalInterface
  public interface Opener {
    /** Opens it; the caller closes it. */
    InputStream open() throws IOException;
  }

  /**
   * Opens a stream that decodes chunks. Its memory is free again when the stream is closed.
   *
   * @throws DecoderMemoryException if there is no memory within 30 seconds
   * @throws IOException if the stream can't be opened
   */
  public InputStream openChunks(Opener opener) throws IOException {
    DecoderLease lease = new DecoderLease(budget, work, 0, USUAL);
    lease.require(budget.chunkReaderBytes());
    try {
      return new HoldingInputStream(opener.open(), lease);
    } catch (IOException | RuntimeException | Error e) {
      lease.release();
      throw e;
    }
  }

  /** Holds memory until it is closed. */
  private static class HoldingInputStream extends PassingInputStream {
    private final AtomicBoolean closed = new AtomicBoolean();
    private final DecoderLease lease;

    HoldingInputStream(InputStream in, DecoderLease lease) {
      super(in);
      this.lease = lease;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return in.read(bytes, offset, length);
    }

    @Override
    public long skip(long count) throws IOException {
      return in.skip(count);
    }

    @Override
    public void close() throws IOException {
      try {
        in.close();
      } finally {
        if (closed.compareAndSet(false, true)) {
          lease.release();
        }
      }
    }
  }

  /** Takes the memory when the first byte has come. */
  private static final class LeasingInputStream extends HoldingInputStream {
    private final DecoderLease lease;

    LeasingInputStream(InputStream in, DecoderLease lease) {
      super(in, lease);
      this.lease = lease;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = in.read(bytes, offset, length);
      if (count > 0) {
        lease.require(0);
      }
      return count;
    }
  }
}
