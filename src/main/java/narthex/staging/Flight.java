package narthex.staging;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import narthex.blob.GrowingManifest;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * One NAR file that is being fetched. The holder opens it, then ends it; any number of threads wait
 * for that. Safe for use by many threads.
 */
public final class Flight {
  /** The holder reports every end itself; this only frees those who wait for a dead one. */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  /** What makes two flights the same. */
  public sealed interface Key permits ByNar, ByFile {}

  /**
   * A file of a known NAR.
   *
   * @param nar the NAR
   * @param compression the compression of the file as its narinfo says
   */
  public record ByNar(NarId nar, Compression compression) implements Key {}

  /**
   * A file of which only the name is known.
   *
   * @param stem of the name: a flight serves the names of every compression that fits what comes
   */
  public record ByFile(String stem) implements Key {}

  /**
   * The file that is coming.
   *
   * @param file its bytes, complete only if they are those that its name and FileHash promise
   * @param bytes the same bytes, complete as soon as the NAR in them is right
   * @param compression its compression
   * @param fileHash the FileHash that it must have, if known
   * @param nar the NAR in it, if known
   * @param chunks the NAR itself, decoded, if it is cut into chunks while it comes
   */
  public record Coming(
      GrowingManifest file,
      GrowingManifest bytes,
      Compression compression,
      @Nullable Sha256 fileHash,
      @Nullable NarId nar,
      @Nullable GrowingManifest chunks) {
    /**
     * Whether a request for this compression can be answered from it. A file that is not the one
     * that was announced may still hold the right NAR.
     */
    public boolean fits(Compression wanted) {
      return wanted == Compression.NONE || (wanted == compression && file.failure() == null);
    }
  }

  private final Key key;
  private final Compression wanted;
  private final Boarding boarding = new Boarding();
  private final CompletableFuture<Optional<Coming>> opened = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  /**
   * A flight that has not begun.
   *
   * @param wanted the compression that its holder wants to send; others who join may want another
   */
  public Flight(Key key, Compression wanted) {
    this.key = key;
    this.wanted = wanted;
  }

  /** What makes another flight the same as this. */
  public Key key() {
    return key;
  }

  /** The compression that its holder wants to send. */
  public Compression wanted() {
    return wanted;
  }

  /** Who joined and has not opened the bytes yet. */
  public Boarding boarding() {
    return boarding;
  }

  /** Says that bytes are coming and can be followed. */
  public void opened(Coming coming) {
    opened.complete(Optional.of(coming));
  }

  /**
   * Says that it is over, with this failure or with none; the first word counts. Those who wait for
   * the bytes and have none yet get no others.
   */
  public void ended(@Nullable IOException failure) {
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
  public boolean isFailing() {
    return opened.isDone()
        && (opened.isCompletedExceptionally()
            || opened.join().map(coming -> coming.bytes().failure() != null).orElse(false));
  }

  /**
   * Waits until bytes are coming.
   *
   * @return empty if they turned out to be stored already
   * @throws IOException the holder's very reason if none will come
   */
  public Optional<Coming> awaitOpened() throws IOException {
    return await(opened);
  }

  /** Waits until it is over; true if nothing failed. */
  public boolean awaitEnded() throws IOException {
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
