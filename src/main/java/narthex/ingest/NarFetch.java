package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.blob.GrowingManifest;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.staging.Flight;
import narthex.staging.Flights;
import narthex.staging.StagedFlight;
import narthex.stream.CorruptNarException;
import narthex.upstream.NarBody;
import org.jspecify.annotations.Nullable;

/**
 * Downloads one NAR file from an upstream through {@link NarIngest}. Resumes an interrupted
 * transfer. Not thread-safe; use each object once.
 *
 * <p>Waiting readers get bytes as soon as these prove to be the start of a NAR. If an offer fails
 * before that, the fetch tries the next one, and readers notice only the delay. If it fails later,
 * the readers' transfers fail too, and the next flight tries another offer first.
 */
final class NarFetch {
  private static final System.Logger LOG = System.getLogger(NarFetch.class.getName());

  /**
   * The end of a fetch from an offer whose bytes readers may have seen; failure is null on success.
   */
  private record Ended(@Nullable IOException failure) {}

  /** How often a flight is begun again because the replica that held it was lost. */
  private static final int ATTEMPTS = 5;

  private final DownloadTarget target;
  private final NarIngest ingest;
  private final Flight flight;
  private final Flights flights;
  private final Replicas replicas;
  private @Nullable StagedNar followed; // what readers have, if a replica staged it
  private CompletableFuture<@Nullable Void> continued = CompletableFuture.completedFuture(null);

  /** Creates a fetch of the target for the readers of the flight. */
  NarFetch(
      DownloadTarget target, NarIngest ingest, Flight flight, Flights flights, Replicas replicas) {
    this.target = target;
    this.ingest = ingest;
    this.flight = flight;
    this.flights = flights;
    this.replicas = replicas;
  }

  /**
   * Fetches the NAR and stores what {@link Keep} says, or follows the replica that does. Does
   * nothing if it is already stored.
   *
   * @throws NarAbsentException if every upstream answered that it has no such file
   * @throws IOException if the transfer failed, the file was corrupt, or an upstream gave no answer
   */
  void run() throws IOException {
    try {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (runOnce()) {
          return;
        }
      }
      LOG.log(Level.WARNING, "replicas that fetch keep getting lost {0}", target.describe());
      Optional<Keep> keep = target.keep();
      if (keep.isPresent()) {
        fetch(keep.get(), null);
      } else {
        finishFromStore();
      }
    } catch (IOException | RuntimeException | Error e) {
      StagedNar failed = followed;
      if (failed != null) {
        failed.fail(new IOException(e.toString(), e));
      }
      throw e;
    }
  }

  /** False if the replica that held the flight is gone. */
  private boolean runOnce() throws IOException {
    Optional<Keep> keep = target.keep();
    if (keep.isEmpty()) {
      finishFromStore();
      return true;
    }
    if (keep.get() == Keep.NOTHING || !flights.counts(flight)) { // else an upload has the flight
      fetch(keep.get(), null);
      return true;
    }
    StagedFlight counts = replicas.claim(flight.key());
    if (replicas.isMine(counts)) {
      hold(counts);
      return true;
    }
    Follower.End end = new Follower(replicas, flight, counts, this::opened).follow();
    switch (end) {
      case SILENT -> fetch(keep.get(), null);
      case UNFIT -> fetch(Keep.NOTHING, null);
      default -> {}
    }
    return end != Follower.End.GONE;
  }

  /** Fetches for the whole cluster. */
  private void hold(StagedFlight mine) throws IOException {
    try (Holding holding = replicas.hold(mine)) {
      Optional<Keep> keep = target.keep(); // another replica may have stored it before the claim
      if (keep.isEmpty()) {
        finishFromStore();
      } else {
        fetch(keep.get(), keep.get() == Keep.NOTHING ? null : holding);
      }
    }
  }

  private void fetch(Keep keep, @Nullable Holding holding) throws IOException {
    Optional<Ended> ended = target.search(offer -> take(offer, keep, holding));
    IOException failure =
        ended
            .orElseThrow(
                () -> new NarAbsentException("no upstream has the NAR " + target.describe()))
            .failure();
    if (failure != null) {
      throw failure;
    }
  }

  /** Lets readers read what another replica stages. */
  private void opened(StagedNar staged) {
    StagedNar first = followed;
    if (first == null) {
      followed = staged;
      flight.opened(coming(staged));
    } else {
      continueWith(first, staged.manifest());
    }
  }

  /** Lets readers read what this replica fetches. */
  private void opened(NarIngestion ingestion, @Nullable Holding holding) {
    StagedFlight.Content content = content(ingestion);
    GrowingManifest chunks = ingestion.narManifest();
    GrowingManifest own = chunks == null ? ingestion.manifest() : chunks;
    if (holding != null) {
      holding.opened(content, own);
    }
    StagedNar first = followed;
    if (first == null) {
      flight.opened(coming(ingestion));
    } else if (first.isSameAs(content)) {
      continueWith(first, chunks == null ? ingestion.announcedFile() : chunks);
    } else {
      first.fail(new IOException("the replica that fetched the NAR was lost"));
    }
  }

  /** Continues in another thread, as this one fetches. */
  private void continueWith(StagedNar first, GrowingManifest successor) {
    continued = new CompletableFuture<>();
    CompletableFuture<@Nullable Void> done = continued;
    try {
      replicas.threads().execute(() -> continueNow(first, successor, done));
    } catch (RejectedExecutionException stopping) {
      first.fail(new IOException("the server is stopping", stopping));
      done.complete(null);
    }
  }

  private static void continueNow(
      StagedNar first, GrowingManifest successor, CompletableFuture<@Nullable Void> done) {
    try {
      first.continueWith(successor);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "flight of a lost replica not continued reason={0}", e.toString());
    } finally {
      done.complete(null);
    }
  }

  /** Gives readers of a lost replica's bytes the rest from what is stored. */
  private void finishFromStore() throws IOException {
    StagedNar first = followed;
    if (first != null && !first.manifest().isComplete()) {
      first.continueWith(
          replicas
              .openStored(flight.key(), first.content())
              .orElseThrow(() -> new IOException("the NAR was stored in another form")));
    }
  }

  /** Keeps a flight readable that was continued, when its spool goes. */
  private void keepReadable() throws IOException {
    StagedNar first = followed;
    if (first != null) {
      continued.join();
      replicas.openStored(flight.key(), first.content()).ifPresent(first::keepReadable);
    }
  }

  /** Fetches the file of an offer; empty if the upstream answered that it has no such file. */
  private Optional<Ended> take(NarOffer offer, Keep keep, @Nullable Holding holding)
      throws IOException {
    Optional<NarBody> body = offer.upstream().openNar(offer.file().url(), 0, null);
    if (body.isEmpty()) {
      return Optional.empty();
    }
    Attempt attempt = new Attempt();
    try {
      bring(offer, body.get(), keep, holding, attempt);
      return Optional.of(new Ended(null));
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          attempt.isStoring
              ? "could not store nar {0} source={1} reason={2}"
              : "nar source failed {0} source={1} reason={2}",
          target.describe(),
          offer.place(),
          e.toString());
      boolean isSeen = !attempt.settled.compareAndSet(false, true);
      if (isSeen) {
        return Optional.of(new Ended(e));
      }
      throw e;
    }
  }

  /** The state of one transfer. */
  private static final class Attempt {
    /** Set by the first of: readers get bytes, failure. */
    final AtomicBoolean settled = new AtomicBoolean();

    /** Whether a failure is one of our storage, not of the source. Used by one thread. */
    boolean isStoring = true;
  }

  private void bring(
      NarOffer offer, NarBody body, Keep keep, @Nullable Holding holding, Attempt attempt)
      throws IOException {
    OptionalLong length = body.length();
    NarExpectation expected = target.expectation(offer, length);
    try (body;
        NarIngestion ingestion = ingest.begin(expected, keep)) {
      flight.transfers(
          new Flight.Transfer(
              offer.upstream().base(), ingestion::written, ingestion.manifest().length()));
      // Recorded before readers fail: a client may retry at once, and must get another source.
      ingestion.whenFailing(() -> target.wrong(offer));
      ingestion.whenBegun(
          () -> {
            if (attempt.settled.compareAndSet(false, true)) {
              opened(ingestion, holding);
            }
          });
      try {
        if (length.isPresent() && expected.refuses(length.getAsLong())) {
          throw tooLong(offer, length.getAsLong());
        }
        new NarTransfer(offer, ingestion).run(body);
        target.stored(offer, ingestion.finish());
        keepReadable();
        if (holding != null) {
          holding.stored();
        }
      } catch (IOException e) {
        attempt.isStoring = ingestion.isStoring();
        ingestion.fail(e);
        throw e;
      } finally {
        if (ingestion.manifest().isComplete()) { // also if the right bytes can't be stored
          awaitReaders(holding);
        }
      }
    }
  }

  /** Lets nobody join any more, and waits until who has joined has opened the bytes. */
  private void awaitReaders(@Nullable Holding holding) {
    if (holding != null) {
      holding.close(); // does nothing if the NAR is stored
    }
    flights.release(flight);
    flight.boarding().awaitBoarded();
  }

  private static CorruptNarException tooLong(NarOffer offer, long bytes) {
    return new CorruptNarException(
        "length", "at most the size of such a NAR", Long.toString(bytes), offer.place());
  }

  /** What readers of an ingestion read. */
  static Flight.Coming coming(NarIngestion ingestion) {
    return new Flight.Coming(
        ingestion.announcedFile(),
        ingestion.manifest(),
        ingestion.compression(),
        ingestion.announcedHash(),
        ingestion.announcedNar(),
        ingestion.narManifest());
  }

  /** What the other replicas are told of an ingestion. */
  static StagedFlight.Content content(NarIngestion ingestion) {
    GrowingManifest chunks = ingestion.narManifest();
    return new StagedFlight.Content(
        chunks == null ? StagedFlight.Form.FILE : StagedFlight.Form.CHUNKS,
        ingestion.compression(),
        ingestion.announcedHash(),
        ingestion.announcedNar(),
        chunks == null ? ingestion.manifest().length() : chunks.length());
  }

  /** Staged chunks are read as a file without compression. */
  private static Flight.Coming coming(StagedNar staged) {
    StagedFlight.Content content = staged.content();
    GrowingManifest bytes = staged.manifest();
    NarId nar = content.nar();
    return content.form() == StagedFlight.Form.FILE
        ? new Flight.Coming(bytes, bytes, content.compression(), content.fileHash(), nar, null)
        : new Flight.Coming(
            bytes, bytes, Compression.NONE, nar == null ? null : nar.hash(), nar, bytes);
  }
}
