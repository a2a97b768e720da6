package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.staging.Flight;
import narthex.staging.Flights;
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

  private final DownloadTarget target;
  private final NarIngest ingest;
  private final Flight flight;
  private final Flights flights;

  /** Creates a fetch of the target for the readers of the flight. */
  NarFetch(DownloadTarget target, NarIngest ingest, Flight flight, Flights flights) {
    this.target = target;
    this.ingest = ingest;
    this.flight = flight;
    this.flights = flights;
  }

  /**
   * Fetches the NAR and stores what {@link Keep} says. Does nothing if it is already stored.
   *
   * @throws NarAbsentException if every upstream answered that it has no such file
   * @throws IOException if the transfer failed, the file was corrupt, or an upstream gave no answer
   */
  void run() throws IOException {
    Optional<Keep> keep = target.keep();
    if (keep.isEmpty()) {
      return;
    }
    Optional<Ended> ended = target.search(offer -> take(offer, keep.get()));
    IOException failure =
        ended
            .orElseThrow(() -> new NarAbsentException("no upstream has it " + target.describe()))
            .failure();
    if (failure != null) {
      throw failure;
    }
  }

  /** Fetches the file of an offer; empty if the upstream answered that it has no such file. */
  private Optional<Ended> take(NarOffer offer, Keep keep) throws IOException {
    Optional<NarBody> body = offer.upstream().openNar(offer.file().url(), 0, null);
    if (body.isEmpty()) {
      return Optional.empty();
    }
    AtomicBoolean settled = new AtomicBoolean(); // set by the first of: readers get bytes, failure
    try {
      bring(offer, body.get(), keep, settled);
      return Optional.of(new Ended(null));
    } catch (IOException e) {
      LOG.log(
          Level.WARNING, "nar source failed source={0} reason={1}", offer.place(), e.toString());
      boolean isSeen = !settled.compareAndSet(false, true);
      if (isSeen) {
        return Optional.of(new Ended(e));
      }
      throw e;
    }
  }

  private void bring(NarOffer offer, NarBody body, Keep keep, AtomicBoolean settled)
      throws IOException {
    OptionalLong length = body.length();
    NarExpectation expected = target.expectation(offer, length);
    try (body;
        NarIngestion ingestion = ingest.begin(expected, keep)) {
      // Recorded before readers fail: a client may retry at once, and must get another source.
      ingestion.whenFailing(() -> target.wrong(offer));
      ingestion.whenBegun(
          () -> {
            if (settled.compareAndSet(false, true)) {
              flight.opened(coming(offer, ingestion));
            }
          });
      try {
        if (length.isPresent() && expected.refuses(length.getAsLong())) {
          throw tooLong(offer, length.getAsLong());
        }
        new NarTransfer(offer, ingestion).run(body);
        target.stored(offer, ingestion.finish());
      } catch (IOException e) {
        ingestion.fail(e);
        throw e;
      }
      flights.release(flight);
      flight.boarding().awaitBoarded(); // close() may delete the bytes
    }
  }

  private static CorruptNarException tooLong(NarOffer offer, long bytes) {
    return new CorruptNarException(
        "length", "at most the size of such a NAR", Long.toString(bytes), offer.place());
  }

  private static Flight.Coming coming(NarOffer offer, NarIngestion ingestion) {
    return new Flight.Coming(
        ingestion.announcedFile(),
        ingestion.manifest(),
        offer.file().compression(),
        ingestion.announcedHash(),
        ingestion.announcedNar(),
        ingestion.narManifest());
  }
}
