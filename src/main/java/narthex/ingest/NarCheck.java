package narthex.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
 * The check of a NAR file that comes in: follows the file while it is written, decodes it, digests
 * the NAR and, where chunks are kept, cuts it.
 *
 * <p>Each check has a thread of its own, so that no file waits for a thread that another file's
 * slow sender holds. What checks hold in common is memory: a check takes what its decoder and its
 * chunks need when the first bytes have come, from the part of the budget that belongs to its kind
 * of work. While it waits for memory or for bytes, those who follow the file know that it goes on.
 * Before that it proves, with next to no memory, that the file begins as a NAR does: so the first
 * byte, which readers get as soon as that is proved, never waits for the memory of other checks.
 *
 * <p>A check that may be late stops there, without a thread, until {@link #proceed} or {@link
 * #proceedWithin}.
 */
final class NarCheck {
  /** The start of a NAR is looked for in so many bytes of a file; then the check itself tells. */
  private static final long START_BYTES = 2 << 20;

  /** The start is looked for again when the file has grown by this part. */
  private static final int GROWN_PART = 8;

  /** After so many bytes of the NAR the check gives a sign. */
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
  private volatile @Nullable LateChecks late; // whose pace it keeps
  private volatile boolean isAwaited;

  /**
   * What a check uses.
   *
   * @param threads gives the check a thread at once
   * @param starts prove that a NAR begins
   * @param decoders the memory
   * @param longestWait how long it waits for memory
   * @param late the checks of files that nobody waits for; null if somebody always does
   */
  record Means(
      ExecutorService threads,
      NarStarts starts,
      DecoderShare decoders,
      Duration longestWait,
      @Nullable LateChecks late) {}

  /**
   * @param manifests of the file, all with the same bytes; the first is read
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

  /** Starts the check. The result, or failure, is known when the file is written completely. */
  CompletableFuture<NarId> start() {
    means.threads().execute(this::begin);
    if (mayBeLate) {
      written().whenAwaited(this::proceed);
    }
    return result;
  }

  /** Whether the check stopped, or will stop, after the first bytes of the NAR. */
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

  /** Checks the rest at once, at full speed: somebody waits for it. */
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
   * Checks the rest, in this thread, at the pace of those that nobody waits for; returns at once if
   * it is under way.
   */
  void proceedWithin(LateChecks others) {
    late = others;
    checkAll();
  }

  /** Complete as soon as the first decoded bytes prove to be those of a NAR. */
  CompletableFuture<@Nullable Void> begun() {
    return begun;
  }

  /** Complete as soon as the file fails, before those who follow it learn that. */
  CompletableFuture<@Nullable Void> failing() {
    return failing;
  }

  private GrowingManifest written() {
    return manifests.get(0);
  }

  /** Tells those who follow the file, or its NAR, that it failed, unless it is complete. */
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

  /** Proves that the file begins as a NAR does, if it does. */
  private void proveStart() throws IOException {
    long seen = 0;
    while (!begun.isDone() && seen < START_BYTES) {
      long available = written().awaitByte(seen + seen / GROWN_PART);
      if (available <= seen) {
        return;
      }
      seen = available;
      try (InputStream beginning = new FirstInputStream(written().openUnchecked(), seen)) {
        if (means.starts().prove(expected.compression(), beginning)) {
          begun.complete(null);
        }
      }
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
      rejected(new IOException("check of the NAR broke: " + e, e));
    }
  }

  /** Reads the NAR once more, from the file, and cuts it. */
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

  /** Ends after so many bytes, all of which are there. */
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

  /** Tells those who wait for the check that it goes on, and keeps its pace. */
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
}
