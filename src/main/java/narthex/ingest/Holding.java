package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.blob.Extent;
import narthex.blob.GrowingExtents;
import narthex.blob.GrowingManifest;
import narthex.staging.InFlightRegistry;
import narthex.staging.StagedFlight;
import org.jspecify.annotations.Nullable;

/**
 * A flight that this replica holds: tells the other replicas what is staged. As long as no replica
 * follows, it tells them only that the flight exists. Thread-safe.
 */
final class Holding implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Holding.class.getName());

  /** Largest number of extents in one batch. */
  private static final int BATCH = 500;

  /** How often a batch is published at least; an empty one says that the holder is at work. */
  static final Duration SIGN = Duration.ofSeconds(10);

  /** How often a batch is published again that the registry doesn't have. */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final InFlightRegistry registry;
  private final Executor threads;
  private final AtomicBoolean publishing = new AtomicBoolean();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final CompletableFuture<@Nullable Void> published = new CompletableFuture<>();
  private volatile StagedFlight mine;
  private volatile @Nullable GrowingManifest staged;
  private InFlightRegistry.@Nullable Registration watch;
  private volatile boolean closed;

  /**
   * @param mine a claimed attempt of this replica
   * @param threads runs one task while a replica follows
   */
  Holding(InFlightRegistry registry, StagedFlight mine, Executor threads) {
    this.registry = registry;
    this.mine = mine;
    this.threads = threads;
  }

  /** Tells what is staged, as soon as the file proved to be the start of a NAR. */
  void opened(StagedFlight.Content content, GrowingManifest manifest) {
    mine = mine.with(content);
    staged = manifest;
    registry.update(mine);
    watch = registry.watch(mine.flight(), this::look);
    look();
  }

  /** Starts to publish if a replica follows. */
  private void look() {
    GrowingManifest manifest = staged;
    if (manifest == null || !registry.isFollowed(mine) || !publishing.compareAndSet(false, true)) {
      return;
    }
    manifest.extents().followed();
    try {
      threads.execute(() -> publish(manifest.extents()));
    } catch (RejectedExecutionException stopping) {
      published.complete(null);
    }
  }

  /** A batch that was published. */
  private record Batch(int nth, List<Extent> extents) {}

  private void publish(GrowingExtents extents) {
    try {
      Deque<Batch> unconfirmed = new ArrayDeque<>();
      int nth = 0;
      int known = 0;
      boolean more = true;
      while (more && !closed) {
        boolean isLast = extents.isEnded(); // asked first: nothing is added after the end
        boolean isConfirmed = repeat(unconfirmed);
        List<Extent> next = extents.awaitMore(known, isConfirmed ? SIGN : AGAIN);
        int batches = (next.size() + BATCH - 1) / BATCH;
        for (int i = 0; i < Math.max(batches, isConfirmed ? 1 : 0); i++) {
          int to = Math.min(next.size(), (i + 1) * BATCH);
          Batch batch = new Batch(nth++, List.copyOf(next.subList(i * BATCH, to)));
          registry.publish(mine, batch.nth(), batch.extents());
          unconfirmed.add(batch);
        }
        known += next.size();
        more = !isLast;
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.DEBUG, "publishing of a flight ended early", e);
    } finally {
      published.complete(null);
    }
  }

  /**
   * Forgets the batches that the registry has, up to the first one that it doesn't have, and
   * publishes that again; false if there is one.
   */
  private boolean repeat(Deque<Batch> unconfirmed) {
    Batch first = unconfirmed.peek();
    while (first != null && registry.batch(mine, first.nth()).isPresent()) {
      unconfirmed.remove();
      first = unconfirmed.peek();
    }
    if (first == null) {
      return true;
    }
    registry.publish(mine, first.nth(), first.extents());
    return false;
  }

  /** Ends the flight: the NAR is stored, so what is staged is right. */
  void stored() {
    end(StagedFlight.State.STORED);
  }

  /** Ends the flight as failed, unless it has ended. */
  @Override
  public void close() {
    end(StagedFlight.State.FAILED);
  }

  private void end(StagedFlight.State state) {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    InFlightRegistry.Registration open = watch;
    if (open != null) {
      open.close();
    }
    boolean isPublished = publishing.getAndSet(true);
    if (isPublished && state == StagedFlight.State.STORED) {
      published.join(); // else the manifest may not have ended yet
    }
    closed = true;
    registry.release(mine.ended(state));
  }
}
