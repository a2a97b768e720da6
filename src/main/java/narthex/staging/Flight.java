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
 * One NAR file that is being brought in. The holder opens it, then lets it land or fail; any number
 * of threads wait for that. Safe for use by many threads.
 */
public final class Flight {
  /** The holder reports every end itself; this only frees those who wait for a dead one. */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  /**
   * What makes two flights the same.
   *
   * @param narHash the NAR
   * @param compression the compression of the file that is fetched
   */
  public record Key(Sha256 narHash, Compression compression) {}

  /**
   * The file that is coming. Two files of one NAR may differ, so what names its bytes goes with it.
   *
   * @param manifest its bytes
   * @param fileHash the FileHash it must turn out to have, if that was announced
   * @param nar the NAR itself, decoded, if it is cut into chunks while it comes
   */
  public record Opened(
      GrowingManifest manifest, @Nullable Sha256 fileHash, @Nullable GrowingManifest nar) {}

  private final NarId nar;
  private final Compression compression;
  private final CompletableFuture<Optional<Opened>> opened = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
  private final Boarding boarding = new Boarding();

  /** A flight of this NAR in this compression that has not begun. */
  public Flight(NarId nar, Compression compression) {
    this.nar = nar;
    this.compression = compression;
  }

  /** What makes another flight the same as this. */
  public Key key() {
    return new Key(nar.hash(), compression);
  }

  /** The NAR that is brought in. */
  public NarId nar() {
    return nar;
  }

  /** The compression of the file that is fetched. */
  public Compression compression() {
    return compression;
  }

  /** Who joined and has not opened the bytes yet. */
  public Boarding boarding() {
    return boarding;
  }

  /** Says that bytes are coming and can be followed here. */
  public void opened(Opened coming) {
    opened.complete(Optional.of(coming));
  }

  /** Says that the flight is over, with this failure or with none; the first word counts. */
  public void ended(@Nullable IOException failure) {
    if (failure == null) {
      opened.complete(Optional.empty());
      ended.complete(Boolean.TRUE);
    } else {
      opened.completeExceptionally(failure);
      ended.complete(Boolean.FALSE);
    }
  }

  /**
   * Waits until bytes are coming.
   *
   * @return empty if the NAR turned out to be stored already
   * @throws IOException the holder's reason if none will come
   */
  public Optional<Opened> awaitOpened() throws IOException {
    return await(opened);
  }

  /**
   * Whether it surely brings nothing any more, though its holder may still be tidying up: whoever
   * wants the NAR now starts another.
   */
  public boolean isFailing() {
    if (!opened.isDone()) {
      return false;
    }
    return opened.isCompletedExceptionally()
        || opened.join().map(coming -> coming.manifest().failure() != null).orElse(false);
  }

  /** Waits until the flight is over; true if the NAR is stored now. */
  public boolean awaitEnded() throws IOException {
    return await(ended);
  }

  /**
   * Waits for what a holder says of a flight.
   *
   * @throws IOException the holder's very reason if it failed
   */
  public static <T> T await(CompletableFuture<T> future) throws IOException {
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
