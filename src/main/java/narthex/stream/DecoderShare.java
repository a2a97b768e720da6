package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.nix.Compression;
import narthex.stream.DecoderBudget.Patience;
import narthex.stream.DecoderBudget.Work;

/**
 * Decompresses streams for one kind of work, with memory of the {@link DecoderBudget}. Thread-safe.
 *
 * <p>Concatenated xz or bzip2 streams, gzip members, and zstd or lz4 frames count as one stream. A
 * decoded stream ends only if the compressed stream was complete and read to its end. Otherwise,
 * and if the format detects damage, reading throws {@link CorruptEncodingException}. A stream that
 * failed once fails on every later read. An {@link IOException} of the source passes unchanged.
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

  /** Returns the same for another kind of work. */
  public DecoderShare withMemoryOf(Work other) {
    return other == work ? this : budget.share(other);
  }

  /**
   * Limits of decoding one stream.
   *
   * @param maxBytes the caller will read at most so many decoded bytes; the decoder's window never
   *     needs to be larger
   * @param besideBytes memory to take from the first byte on in addition to the decoder's
   * @param patience how long to wait for memory
   */
  public record Terms(long maxBytes, long besideBytes, Patience patience) {}

  /**
   * Decompresses a stream. The first read opens the decoder and may wait up to 30 seconds for
   * memory; it throws {@link DecoderMemoryException} if there is none. The memory is released at
   * the end of the stream or when the caller closes it. The caller must close it. For one thread.
   *
   * @param compression the compression method; {@link Compression#NONE} returns the source itself
   * @param source the compressed bytes; closed with the result
   * @param maxBytes the caller will read at most so many decoded bytes
   */
  public InputStream decode(Compression compression, InputStream source, long maxBytes) {
    return decode(compression, source, new Terms(maxBytes, 0, USUAL));
  }

  /** Decompresses a stream like the other method, with these limits. */
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

  /** Checks from time to time whether the client is still there. */
  @FunctionalInterface
  public interface Watch {
    /**
     * Checks once.
     *
     * @throws IOException if the client has left; ends the skip with this exception
     */
    void look() throws IOException;
  }

  /**
   * Skips decoded bytes. A long skip calls the watch regularly, and waits while others skip over
   * the same file.
   *
   * @param file identifies the file, by equals
   * @param decoded the stream to skip in
   * @throws java.io.EOFException if the stream ends first
   * @throws DecodersBusyException if it waited a minute for other skips
   */
  public void skip(Object file, InputStream decoded, long count, Watch watch) throws IOException {
    skips.skip(file, decoded, count, watch);
  }

  /** Opens a stream. */
  @FunctionalInterface
  public interface Opener {
    /** Opens the stream; the caller closes it. */
    InputStream open() throws IOException;
  }

  /**
   * Takes memory and opens a stream that decodes chunks. Closing the stream releases the memory.
   *
   * @throws DecoderMemoryException if there is no memory within 30 seconds
   * @throws IOException if the opener fails
   */
  public InputStream openChunks(Opener opener) throws IOException {
    return openChunks(0, opener);
  }

  /**
   * Takes more memory than {@link #openChunks(Opener)}, for a stream that also holds other bytes.
   *
   * @param moreBytes how many other bytes
   */
  public InputStream openChunks(long moreBytes, Opener opener) throws IOException {
    return holding(budget.chunkReaderBytes() + moreBytes, opener);
  }

  /**
   * Takes memory and opens a stream that holds one frame, without decoding it for the reader.
   * Closing the stream releases the memory.
   *
   * @throws DecoderMemoryException if there is no memory within 30 seconds
   * @throws IOException if the opener fails
   */
  public InputStream openFrames(Opener opener) throws IOException {
    return holding(budget.frameReaderBytes(), opener);
  }

  private InputStream holding(long bytes, Opener opener) throws IOException {
    DecoderLease lease = new DecoderLease(budget, work, 0, USUAL);
    lease.require(Math.min(budget.mostBytes(work), bytes));
    try {
      return new HoldingInputStream(opener.open(), lease);
    } catch (IOException | RuntimeException | Error e) {
      lease.release();
      throw e;
    }
  }

  /** Bytes that can be opened at any offset, again and again. */
  @FunctionalInterface
  public interface Source {
    /** Opens the bytes from an offset on; the caller closes the stream. */
    InputStream open(long offset) throws IOException;

    /**
     * Waits until a read at an offset needn't wait for a writer; called without memory of the
     * budget. By default, returns at once.
     *
     * @throws IOException if the bytes won't come
     */
    default void await(long offset) throws IOException {}
  }

  /**
   * Opens a stream that decodes chunks and holds memory only while it is read: between two reads,
   * others may get its memory. The next read then opens the source again, which may wait up to 30
   * seconds for memory. The caller closes the stream.
   *
   * @param from the offset to begin at
   * @param moreBytes how many bytes it holds beside a chunk and its frame
   * @throws DecoderMemoryException if there is no memory within 30 seconds
   * @throws IOException if the source can't be opened
   */
  public InputStream openChunks(Source source, long from, long moreBytes) throws IOException {
    return resting(source, from, budget.chunkReaderBytes() + moreBytes);
  }

  /** Opens a stream like {@link #openChunks(Source, long, long)} that holds one frame only. */
  public InputStream openFrames(Source source, long from) throws IOException {
    return resting(source, from, budget.frameReaderBytes());
  }

  private InputStream resting(Source source, long from, long bytes) throws IOException {
    long most = Math.min(budget.mostBytes(work), bytes);
    return new RestingInputStream(budget, work, most, USUAL, source, from);
  }

  /** Releases the lease when it is closed. */
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

  /** Takes the memory after the first byte has come. */
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
