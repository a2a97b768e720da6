package narthex.ingest;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import narthex.blob.GrowingManifest;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.staging.Boarding;
import narthex.staging.Flight;
import org.jspecify.annotations.Nullable;

/**
 * A NAR file that is brought in by its name alone. One thread brings it in; any number wait. Safe
 * for use by many threads.
 */
public final class FileFlight {
  /**
   * The file that is coming.
   *
   * @param manifest its bytes
   * @param compression its compression, which may be another than that of the name asked for
   * @param fileHash what it must hash to
   * @param nar the NAR itself, decoded, if it is cut into chunks while it comes
   */
  public record Opened(
      GrowingManifest manifest,
      Compression compression,
      Sha256 fileHash,
      @Nullable GrowingManifest nar) {
    /** Whether the NAR can be sent from it under a name of this compression. */
    public boolean fits(Compression wanted) {
      return wanted == Compression.NONE || wanted == compression;
    }
  }

  private final NarFileName asked;
  private final Boarding boarding = new Boarding();
  private final CompletableFuture<Optional<Opened>> opened = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  FileFlight(NarFileName asked) {
    this.asked = asked;
  }

  /** The name that was asked for first. */
  public NarFileName asked() {
    return asked;
  }

  /** Who joined and has not opened the bytes yet. */
  public Boarding boarding() {
    return boarding;
  }

  void opened(Opened coming) {
    opened.complete(Optional.of(coming));
  }

  /** Says that it is over; those who wait for the file and have none yet get no other. */
  void ended(@Nullable IOException failure) {
    ended.complete(failure == null);
    if (failure == null) {
      opened.complete(Optional.empty());
    } else {
      opened.completeExceptionally(failure);
    }
  }

  /** Whether it surely brings nothing any more. */
  boolean isFailing() {
    return opened.isDone()
        && (opened.isCompletedExceptionally()
            || opened.join().map(coming -> coming.manifest().failure() != null).orElse(false));
  }

  /**
   * Waits until the file is coming.
   *
   * @return empty if it turned out to be stored already
   * @throws NarAbsentException if surely no upstream has it
   * @throws IOException if it cannot be had just now
   */
  public Optional<Opened> awaitOpened() throws IOException {
    return Flight.await(opened);
  }

  /** Waits until it is over; true if nothing failed. */
  public boolean awaitEnded() throws IOException {
    return Flight.await(ended);
  }
}
