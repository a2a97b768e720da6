package narthex.chunk;

import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import narthex.stream.ZstdFrames;
import org.jspecify.annotations.Nullable;

/**
 * Compresses chunks in several threads, each chunk into one frame. Not thread-safe: one thread
 * calls it.
 *
 * <h2>How</h2>
 *
 * The calling thread and the helpers each take one chunk after the other. Each frame has its own
 * range in one array. A frame doesn't depend on the thread that compressed it.
 *
 * <h2>Races</h2>
 *
 * The calling thread waits until every chunk is compressed, not until every helper has run. A
 * helper that starts late finds no chunk left and touches nothing.
 */
final class FrameEncoders implements Closeable {
  private final Executor executor;
  private final @Nullable ZstdFrames[] codecs;
  private byte[] frames = {};
  private int[] offsets = {};
  private int[] lengths = {};

  /**
   * Creates encoders. The caller closes them.
   *
   * @param helpers maximum number of helper tasks on the executor
   */
  FrameEncoders(Executor executor, int helpers) {
    this.executor = executor;
    this.codecs = new ZstdFrames[1 + helpers];
  }

  /**
   * Compresses some chunks of a batch. Returns when all are compressed.
   *
   * @param which the indexes of these chunks in the batch
   * @throws IOException if a chunk can't be compressed
   */
  void encode(ChunkBatch batch, int[] which) throws IOException {
    int end = 0;
    offsets = which.length > offsets.length ? new int[which.length] : offsets;
    lengths = which.length > lengths.length ? new int[which.length] : lengths;
    for (int i = 0; i < which.length; i++) {
      offsets[i] = end;
      end += ZstdFrames.largestFrame(batch.length(which[i]));
    }
    if (end > frames.length) {
      frames = new byte[end];
    }
    Work work = new Work(batch, which);
    int helpers = Math.min(codecs.length - 1, which.length - 1);
    for (int helper = 1; helper <= helpers; helper++) {
      ZstdFrames codec = codec(helper);
      try {
        executor.execute(() -> work.run(codec));
      } catch (RejectedExecutionException stopping) {
        break; // continues without helpers
      }
    }
    work.run(codec(0));
    work.await();
  }

  private ZstdFrames codec(int number) {
    ZstdFrames codec = codecs[number];
    if (codec == null) {
      codec = new ZstdFrames();
      codecs[number] = codec;
    }
    return codec;
  }

  /** Returns the array with the frames of the last call of {@link #encode}. */
  byte[] frames() {
    return frames;
  }

  /** Returns the start of a frame in the array, by its position in {@code which}. */
  int offset(int number) {
    return offsets[number];
  }

  int length(int number) {
    return lengths[number];
  }

  @Override
  public void close() {
    for (ZstdFrames codec : codecs) {
      if (codec != null) {
        codec.close();
      }
    }
    Arrays.fill(codecs, null);
  }

  private final class Work {
    private final ChunkBatch batch;
    private final int[] which;
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch done;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    Work(ChunkBatch batch, int[] which) {
      this.batch = batch;
      this.which = which;
      this.done = new CountDownLatch(which.length);
    }

    void run(ZstdFrames codec) {
      for (int number = next.getAndIncrement();
          number < which.length;
          number = next.getAndIncrement()) {
        try {
          int chunk = which[number];
          lengths[number] =
              codec.encode(
                  batch.bytes(), batch.offset(chunk), batch.length(chunk), frames, offsets[number]);
        } catch (IOException | RuntimeException | Error e) {
          failure.compareAndSet(null, e);
        } finally {
          done.countDown();
        }
      }
    }

    /**
     * Waits until no thread uses the arrays, even if the thread is interrupted. An interrupt is
     * kept.
     */
    void await() throws IOException {
      boolean interrupted = false;
      while (done.getCount() > 0) {
        try {
          done.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      Throwable reason = failure.get();
      if (reason != null) {
        throw new IOException("a chunk cannot be compressed: " + reason.getMessage(), reason);
      }
    }
  }
}
