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
 * Compresses chunks, each into one frame, on as many processors as there are to help.
 *
 * <h2>How</h2>
 *
 * Whoever calls takes one chunk after the other, and so does everybody who helps; each frame has a
 * place of its own in one array. Which of them compressed a chunk does not show in its frame.
 *
 * <h2>Races</h2>
 *
 * The caller waits for those who took a chunk, not for those who never came: a late one finds none
 * left, and touches nothing. Used by one thread.
 */
final class FrameEncoders implements Closeable {
  private final Executor executor;
  private final @Nullable ZstdFrames[] codecs;
  private byte[] frames = {};
  private int[] offsets = {};
  private int[] lengths = {};

  /**
   * @param helpers how many help at most
   */
  FrameEncoders(Executor executor, int helpers) {
    this.executor = executor;
    this.codecs = new ZstdFrames[1 + helpers];
  }

  /**
   * Compresses these chunks of a batch.
   *
   * @param which their places in the batch
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
        break; // then nobody helps
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

  /** The array in which the frames of the last batch are. */
  byte[] frames() {
    return frames;
  }

  /** Where the frame of one of the chunks begins. */
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

    /** Never leaves while somebody may still read or write the arrays. */
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
