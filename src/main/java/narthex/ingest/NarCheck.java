package narthex.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.blob.GrowingManifest;
import narthex.chunk.ChunkedWriter;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.store.NarReading;
import narthex.stream.DecoderShare;
import narthex.stream.NarStarts;
import narthex.stream.PassingInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Verifies one NAR file while it arrives: decodes it, computes the NarHash and, if there is a chunk
 * writer, cuts the NAR into chunks. Thread-safe.
 *
 * <p>Each check has a thread of its own, so a slow sender delays only its own check. Checks share
 * memory: each takes the memory of its decoder and chunks from the budget of its kind of work.
 * While it waits for memory or decodes, it reports progress to the manifests, so that readers don't
 * time out.
 *
 * <p>First of all it proves, with little memory, that the file starts as a NAR does. Readers get
 * the first byte as soon as that is proved, so this byte never waits for the memory of other
 * checks.
 *
 * <p>A check that {@link #mayBeLate} then stops and gives back its thread, until {@link #proceed}
 * or {@link #proceedWithin} resumes it.
 */
final class NarCheck {
  /**
   * Number of bytes of a file in which to look for the start of a NAR. If it isn't found there, the
   * check of the whole file decides.
   */
  private static final long START_BYTES = 2 << 20;

  /**
   * Look for the start again when the file has grown by one part in so many; or, if it has grown
   * less, when so many times the duration of the last look have passed.
   */
  private static final int GROWN_PART = 8;

  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(5);

  /** A look may have waited for memory. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  /** Number of bytes of the NAR between two progress reports. */
  private static final long SIGN_BYTES = 1 << 20;

  private final NarExpectation expected;
  private final @Nullable ChunkedWriter chunks;
  private final List<GrowingManifest> manifests;
  private final Means means;
  private final CompletableFuture<@Nullable Void> begun = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> failing = new CompletableFuture<>();
  private final CompletableFuture<NarId> result = new CompletableFuture<>();
  private final Watch watch = new Watch();
  private final AtomicBoolean isUnderWay = new AtomicBoolean();
  private final boolean mayBeLate;
  private volatile @Nullable LateChecks late; // set if this check pauses for transfers
  private volatile boolean isAwaited;

  /**
   * The resources of a check.
   *
   * @param threads runs the check without queueing it
   * @param starts proves that a file starts as a NAR does
   * @param decoders memory for the decoder and the chunks
   * @param longestWait longest wait for memory
   * @param late runs deferred checks; null if checks are never deferred
   */
  record Means(
      ExecutorService threads,
      NarStarts starts,
      DecoderShare decoders,
      Duration longestWait,
      @Nullable LateChecks late) {}

  /**
   * @param manifests manifests of the same file; the check reads the first and reports to all
   */
  NarCheck(
      NarExpectation expected,
      @Nullable ChunkedWriter chunks,
      List<GrowingManifest> manifests,
      Means means) {
    this.expected = expected;
    this.chunks = chunks;
    this.manifests = List.copyOf(manifests);
    this.means = means;
    this.mayBeLate =
        means.late() != null
            && chunks == null
            && expected.fileHash() != null
            && expected.compression() != Compression.NONE;
  }

  /**
   * Starts the check. The future completes with the verified NAR after the whole file is written,
   * or fails with an IOException, possibly earlier.
   */
  CompletableFuture<NarId> start() {
    means.threads().execute(this::begin);
    if (mayBeLate) {
      written().whenAwaited(this::proceed);
    }
    return result;
  }

  /** Whether the check stops after it proved the start, until it is resumed. */
  boolean mayBeLate() {
    return mayBeLate;
  }

  private void begin() {
    try {
      proveStart();
    } catch (IOException e) {
      rejected(e);
      return;
    }
    if (!mayBeLate || !begun.isDone()) {
      checkAll();
    }
  }

  /** Resumes the check in another thread, without pauses. If it already runs, it stops pausing. */
  void proceed() {
    isAwaited = true;
    if (!isUnderWay.get()) {
      try {
        means.threads().execute(this::checkAll);
      } catch (RejectedExecutionException stopping) {
        fail(new IOException("the server is stopping", stopping));
      }
    }
  }

  /**
   * Resumes the check in the caller's thread, with pauses. Returns immediately if it already runs.
   */
  void proceedWithin(LateChecks others) {
    late = others;
    checkAll();
  }

  /** Completes as soon as the first decoded bytes prove to be the start of a NAR. */
  CompletableFuture<@Nullable Void> begun() {
    return begun;
  }

  /** Completes when the file fails, before any reader sees the failure. */
  CompletableFuture<@Nullable Void> failing() {
    return failing;
  }

  private GrowingManifest written() {
    return manifests.get(0);
  }

  /** Fails the manifests that aren't complete, and the check if it hasn't begun to decode. */
  void fail(IOException reason) {
    if (!written().isComplete()) {
      failing.complete(null);
    }
    manifests.forEach(manifest -> manifest.fail(reason));
    if (chunks != null) {
      chunks.manifest().fail(reason);
    }
    if (isUnderWay.compareAndSet(false, true)) {
      result.completeExceptionally(reason);
    }
  }

  /** Completes {@link #begun} if the file starts as a NAR does. Waits for bytes. */
  private void proveStart() throws IOException {
    long seen = 0;
    Duration pause = Duration.ZERO;
    while (!begun.isDone() && seen < START_BYTES) {
      long available = written().awaitMore(seen, seen + seen / GROWN_PART, pause);
      if (available <= seen) {
        return;
      }
      seen = available;
      long start = System.nanoTime();
      try (InputStream beginning = new FirstInputStream(written().openUnchecked(), seen)) {
        if (means.starts().prove(expected.compression(), beginning)) {
          begun.complete(null);
        }
      }
      long rest = (System.nanoTime() - start) * GROWN_PART;
      long atLeast = Math.max(SHORTEST_PAUSE.toNanos(), rest);
      pause = Duration.ofNanos(Math.min(LONGEST_PAUSE.toNanos(), atLeast));
    }
  }

  private void checkAll() {
    if (!isUnderWay.compareAndSet(false, true)) {
      return;
    }
    NarReading reading =
        new NarReading(
            expected.compression(), expected.nar(), expected.maxNarBytes(), expected.source());
    try (InputStream file = written().openUnchecked()) {
      result.complete(
          chunks == null
              ? reading.read(file, means.decoders(), watch)
              : reading.cut(file, means.decoders(), watch, chunks));
    } catch (IOException e) {
      rejected(e);
    } catch (RuntimeException | Error e) {
      rejected(new IOException("NAR verification failed unexpectedly: " + e, e));
    }
  }

  /** Reads the written file again and cuts the NAR into chunks; the caller closes the writer. */
  void cutAgain(NarId nar, ChunkedWriter writer) throws IOException {
    try (InputStream file = written().openUnchecked()) {
      NarReading.of(nar, expected.compression(), expected.source())
          .cut(file, means.decoders(), watch, writer);
    }
  }

  private void sign() {
    manifests.forEach(GrowingManifest::checking);
    if (chunks != null) {
      chunks.manifest().checking();
    }
  }

  private void rejected(IOException reason) {
    fail(reason);
    result.completeExceptionally(reason);
  }

  /** Reads the first bytes of a stream, which must be available without waiting. */
  private static final class FirstInputStream extends PassingInputStream {
    private long left;

    FirstInputStream(InputStream in, long count) {
      super(in);
      this.left = count;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int count = in.read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(0, count);
      return count;
    }
  }

  /** Reports progress to readers, and pauses a deferred check. */
  private final class Watch implements NarReading.Watch {
    private long unsigned;

    @Override
    public boolean waitsOn(Duration waited) throws IOException {
      IOException failure = written().failure();
      if (failure != null) {
        throw failure;
      }
      sign();
      if (chunks != null) {
        chunks.manifest().delayed();
      }
      return waited.compareTo(means.longestWait()) < 0;
    }

    @Override
    public void begun() {
      begun.complete(null);
    }

    @Override
    public void read(int bytes) throws IOException {
      unsigned += bytes;
      if (unsigned >= SIGN_BYTES) {
        unsigned = 0;
        sign();
        LateChecks others = late;
        if (others != null && !isAwaited) {
          others.pause();
        }
      }
    }
  }

  /**
   * Waits until the check has ended.
   *
   * @throws IOException why the file is rejected
   */
  NarId awaitVerified() throws IOException {
    try {
      return result.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException reason) {
        throw reason;
      }
      throw new IOException("NAR verification failed unexpectedly: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException)
          new InterruptedIOException("interrupted while verifying a NAR").initCause(e);
    }
  }
}
