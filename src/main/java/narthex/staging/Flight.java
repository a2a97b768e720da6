package narthex.staging;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import narthex.blob.GrowingManifest;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * One NAR file that is being fetched. The holder calls {@link #opened}, then {@link #ended}; any
 * number of threads wait for either. Thread-safe.
 */
public final class Flight {
  /** Longest wait. The holder always reports the end; the limit only matters if it died. */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  /** Identifies a flight: the registry has at most one for each key. */
  public sealed interface Key permits ByNar, ByFile, Apart {
    /** The key as one word; the same on every replica. */
    String name();
  }

  /**
   * A file of a known NAR.
   *
   * @param nar the NAR
   * @param compression the compression in the narinfo
   */
  public record ByNar(NarId nar, Compression compression) implements Key {
    @Override
    public String name() {
      return "nar-" + nar.hash().nix32() + "-" + nar.sizeBytes() + "-" + compression.nixName();
    }
  }

  /**
   * A file of which only the name is known.
   *
   * @param stem of the name, without extensions: the flight serves all names with this stem whose
   *     compression fits the file
   */
  public record ByFile(String stem) implements Key {
    @Override
    public String name() {
      return "file-" + stem;
    }
  }

  /**
   * A file that is passed through while the flight of its NAR brings the NAR in another form. The
   * other replicas don't know of it.
   *
   * @param other the key of the NAR's flight
   * @param compression of the file
   */
  public record Apart(Key other, Compression compression) implements Key {
    @Override
    public String name() {
      return "apart-" + compression.nixName() + "-" + other.name();
    }
  }

  /**
   * The file that is arriving.
   *
   * @param file its bytes; fails if they don't match the announced FileHash or FileSize
   * @param bytes the same bytes; complete as soon as the NAR in them is verified
   * @param compression its compression
   * @param fileHash the expected FileHash; null if unknown
   * @param nar the expected NAR; null if unknown
   * @param chunks the decoded NAR, which also can be read as the frames of its chunks; null if it
   *     isn't cut into chunks
   */
  public record Coming(
      GrowingManifest file,
      GrowingManifest bytes,
      Compression compression,
      @Nullable Sha256 fileHash,
      @Nullable NarId nar,
      @Nullable GrowingManifest chunks) {
    /**
     * Whether it can serve a request for this compression. A file that doesn't match its FileHash
     * may still contain the right NAR, so it fits requests for the NAR itself.
     */
    public boolean fits(Compression wanted) {
      return wanted == Compression.NONE || (wanted == compression && file.failure() == null);
    }
  }

  /** Who brings the bytes. */
  public enum Direction {
    /** This server fetches them. */
    DOWNLOAD,
    /** A client sends them. */
    UPLOAD
  }

  /**
   * What a flight is, for people.
   *
   * @param name the store path, or the file name if the path is unknown
   */
  public record About(Direction direction, String name) {}

  /**
   * The bytes that arrive.
   *
   * @param source where they come from, without credentials; empty for a client
   * @param arrivedBytes how many have arrived so far; may be asked by any thread
   * @param sizeBytes their length, if it was announced
   */
  public record Transfer(String source, LongSupplier arrivedBytes, OptionalLong sizeBytes) {}

  private final Key key;
  private final Compression wanted;
  private final About about;
  private final long begunNanos = System.nanoTime();
  private volatile @Nullable Transfer transfer;
  private final Boarding boarding = new Boarding();
  private final CompletableFuture<Optional<Coming>> opened = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  /**
   * Creates a flight that hasn't begun.
   *
   * @param wanted the compression that the holder needs; other readers may need another
   */
  public Flight(Key key, Compression wanted) {
    this(key, wanted, new About(Direction.DOWNLOAD, key.name()));
  }

  /**
   * Creates a flight that hasn't begun.
   *
   * @param about what people are told about it
   */
  public Flight(Key key, Compression wanted, About about) {
    this.key = key;
    this.wanted = wanted;
    this.about = about;
  }

  /** What people are told about it. */
  public About about() {
    return about;
  }

  /** How long it has been going on. */
  public Duration age() {
    return Duration.ofNanos(System.nanoTime() - begunNanos);
  }

  /** Reports that bytes are arriving; a later transfer replaces an earlier one that failed. */
  public void transfers(Transfer next) {
    transfer = next;
  }

  /** The bytes that arrive; empty before the first transfer. */
  public Optional<Transfer> transfer() {
    return Optional.ofNullable(transfer);
  }

  /** The key. */
  public Key key() {
    return key;
  }

  /** The compression that the holder needs. */
  public Compression wanted() {
    return wanted;
  }

  /** The readers that haven't opened the bytes yet. */
  public Boarding boarding() {
    return boarding;
  }

  /** Reports that bytes are arriving and can be read. */
  public void opened(Coming coming) {
    opened.complete(Optional.of(coming));
  }

  /**
   * Reports the end, with a failure or null. Only the first call counts. If {@link #opened} wasn't
   * called before, threads in {@link #awaitOpened} get the failure, or empty if there is none.
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
   * Whether it has failed. Its holder may still be cleaning up; new requests must start another
   * flight.
   */
  public boolean isFailing() {
    return opened.isDone()
        && (opened.isCompletedExceptionally()
            || opened.join().map(coming -> coming.bytes().failure() != null).orElse(false));
  }

  /** Whether its bytes are arriving, or have arrived, and it hasn't failed. */
  boolean isComing() {
    return opened.isDone() && !isFailing() && opened.join().isPresent();
  }

  /**
   * Waits until bytes are arriving, at most 10 minutes.
   *
   * @return empty if the NAR was already stored
   * @throws IOException the holder's exception itself if the fetch failed; or if the wait was too
   *     long or interrupted
   */
  public Optional<Coming> awaitOpened() throws IOException {
    return await(opened);
  }

  /**
   * Waits until the flight has ended, at most 10 minutes; true if it succeeded.
   *
   * @throws IOException if the wait was too long or interrupted
   */
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
      throw new IOException("timed out after " + SILENCE + " waiting for a NAR in flight", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a NAR in flight", e);
    }
  }
}
