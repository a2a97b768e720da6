package narthex.serve;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.nix.Compression;
import narthex.stream.Decoders;

/**
 * The memory that decoders may take for clients at once, so that no number of clients exhausts the
 * heap: a decoder of a whole file takes much of it, one of chunks little, so that many slow readers
 * of chunked NARs leave room. Thread-safe.
 */
public final class DecoderSlots {
  /** What a decoder of a usual xz file (level 6, 8 MiB dictionary) holds in the heap. */
  private static final long DECODER_BYTES = 10L << 20;

  /** Decoders for clients and decoders that verify may each have this part of the heap. */
  private static final int PART_OF_HEAP = 4;

  private static final int FEWEST = 4;

  /** Chunks of the default sizes, which may have been stored before the sizes were changed. */
  private static final int USUAL_CHUNK_BYTES = 256 << 10;

  /** One who decodes chunks holds a chunk and its frame, in arrays that grow by doubling. */
  private static final int CHUNKS_HELD = 3;

  private static final int UNIT_BYTES = 1 << 10;

  /** How long a client waits for a slot before it is told to come again. */
  private static final Duration WAIT = Duration.ofSeconds(30);

  private final int count;
  private final int unitsOfDecoder = (int) (DECODER_BYTES / UNIT_BYTES);
  private final int unitsOfChunks;
  private final Semaphore free;

  /** Memory of so many decoders of whole files, or more of chunks of the usual sizes. */
  public DecoderSlots(int count) {
    this(count, USUAL_CHUNK_BYTES);
  }

  private DecoderSlots(int count, int maxChunkBytes) {
    this.count = count;
    long ofChunks = (long) CHUNKS_HELD * Math.max(maxChunkBytes, USUAL_CHUNK_BYTES);
    this.unitsOfChunks = (int) Math.min(ofChunks / UNIT_BYTES, (long) count * unitsOfDecoder);
    this.free = new Semaphore(count * unitsOfDecoder, true);
  }

  /**
   * A quarter of the heap.
   *
   * @param maxChunkBytes the longest chunk
   */
  public static DecoderSlots inHeap(int maxChunkBytes) {
    return new DecoderSlots(countInHeap(), maxChunkBytes);
  }

  /** How many decoders of whole files fit into a quarter of the heap. */
  public static int countInHeap() {
    long fitting = Runtime.getRuntime().maxMemory() / PART_OF_HEAP / DECODER_BYTES;
    long most = Integer.MAX_VALUE / (DECODER_BYTES / UNIT_BYTES);
    return (int) Math.max(FEWEST, Math.min(fitting, most));
  }

  /** How many bytes are free now. */
  public long freeBytes() {
    return (long) free.availablePermits() * UNIT_BYTES;
  }

  /** Opens decoded bytes. */
  interface Opener {
    InputStream open() throws IOException;
  }

  /**
   * Decodes in a slot, which is free again when the stream is closed; closing it closes the given
   * stream too.
   *
   * @throws IOException if no slot becomes free in time; the given stream stays open
   */
  public InputStream decode(Compression compression, InputStream encoded) throws IOException {
    return open(unitsOfDecoder, () -> Decoders.decode(compression, encoded));
  }

  /**
   * Opens a stream that decodes chunks, in a slot which is free again when the stream is closed.
   *
   * @throws IOException if no slot becomes free in time, or it cannot be opened
   */
  InputStream open(Opener opener) throws IOException {
    return open(unitsOfChunks, opener);
  }

  private InputStream open(int units, Opener opener) throws IOException {
    try {
      if (!free.tryAcquire(units, WAIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException(
            String.format(Locale.ROOT, "the memory of all %d decoders is in use", count));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
    try {
      return new SlotInputStream(opener.open(), units);
    } catch (IOException | RuntimeException | Error e) {
      free.release(units);
      throw e;
    }
  }

  private final class SlotInputStream extends FilterInputStream {
    private final AtomicBoolean closed = new AtomicBoolean();
    private final int units;

    SlotInputStream(InputStream in, int units) {
      super(in);
      this.units = units;
    }

    @Override
    public void close() throws IOException {
      try {
        super.close();
      } finally {
        if (closed.compareAndSet(false, true)) {
          free.release(units);
        }
      }
    }
  }
}
