package narthex.serve;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.nix.Compression;
import narthex.stream.Decoders;

/**
 * How many decoders may run for clients at once, so that no number of clients exhausts the heap.
 * Thread-safe.
 */
public final class DecoderSlots {
  /** What a decoder of a usual xz file (level 6, 8 MiB dictionary) holds in the heap. */
  private static final long DECODER_BYTES = 10L << 20;

  /** Decoders for clients and decoders that verify may each have this part of the heap. */
  private static final int PART_OF_HEAP = 4;

  private static final int FEWEST = 4;

  /** How long a client waits for a slot before it is told to come again. */
  private static final Duration WAIT = Duration.ofSeconds(30);

  private final int count;
  private final Semaphore free;

  /** So many slots. */
  public DecoderSlots(int count) {
    this.count = count;
    this.free = new Semaphore(count, true);
  }

  /** As many slots as decoders fit into a quarter of the heap. */
  public static DecoderSlots inHeap() {
    long fitting = Runtime.getRuntime().maxMemory() / PART_OF_HEAP / DECODER_BYTES;
    return new DecoderSlots((int) Math.max(FEWEST, Math.min(fitting, Integer.MAX_VALUE)));
  }

  /** How many slots there are in all. */
  public int count() {
    return count;
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
    return open(() -> Decoders.decode(compression, encoded));
  }

  /**
   * Opens a stream that decodes, in a slot which is free again when the stream is closed.
   *
   * @throws IOException if no slot becomes free in time, or it cannot be opened
   */
  InputStream open(Opener opener) throws IOException {
    try {
      if (!free.tryAcquire(WAIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException("all %d decoders are in use".formatted(count));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
    try {
      return new SlotInputStream(opener.open());
    } catch (IOException | RuntimeException | Error e) {
      free.release();
      throw e;
    }
  }

  private final class SlotInputStream extends FilterInputStream {
    private final AtomicBoolean closed = new AtomicBoolean();

    SlotInputStream(InputStream in) {
      super(in);
    }

    @Override
    public void close() throws IOException {
      try {
        super.close();
      } finally {
        if (closed.compareAndSet(false, true)) {
          free.release();
        }
      }
    }
  }
}
