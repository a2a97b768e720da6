package narthex.staging;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import narthex.blob.GrowingManifest;
import org.jspecify.annotations.Nullable;

/**
 * What is being brought in, as those see it who wait for it: its holder says that it is coming and
 * can be followed, then that it is over. Safe for use by many threads.
 *
 * @param <C> what is coming
 */
public abstract class Arrival<C extends Arrival.Coming> {
  /** The holder reports every end itself; this only frees those who wait for a dead one. */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  /** Something that is coming. */
  public interface Coming {
    /** Its bytes. */
    GrowingManifest manifest();
  }

  private final Boarding boarding = new Boarding();
  private final CompletableFuture<Optional<C>> opened = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  /** What has not begun to come. */
  protected Arrival() {}

  /** Who joined and has not opened the bytes yet. */
  public final Boarding boarding() {
    return boarding;
  }

  /** Says that bytes are coming and can be followed here. */
  public final void opened(C coming) {
    opened.complete(Optional.of(coming));
  }

  /**
   * Says that it is over, with this failure or with none; the first word counts. Those who wait for
   * the bytes and have none yet get no others.
   */
  public final void ended(@Nullable IOException failure) {
    if (failure == null) {
      opened.complete(Optional.empty());
    } else {
      opened.completeExceptionally(failure);
    }
    ended.complete(failure == null);
  }

  /**
   * Whether it surely brings nothing any more, though its holder may still be tidying up: whoever
   * wants the same now starts another.
   */
  public final boolean isFailing() {
    return opened.isDone()
        && (opened.isCompletedExceptionally()
            || opened.join().map(coming -> coming.manifest().failure() != null).orElse(false));
  }

  /**
   * Waits until bytes are coming.
   *
   * @return empty if they turned out to be stored already
   * @throws IOException the holder's very reason if none will come
   */
  public final Optional<C> awaitOpened() throws IOException {
    return await(opened);
  }

  /** Waits until it is over; true if nothing failed. */
  public final boolean awaitEnded() throws IOException {
    return await(ended);
  }

  private static <T> T await(CompletableFuture<T> future) throws IOException {
    try {
      return future.get(SILENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IOException("the NAR in flight failed", e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("the NAR in flight gave no sign for " + SILENCE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a NAR in flight", e);
    }
  }
}
