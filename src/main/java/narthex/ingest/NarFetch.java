package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.staging.Flight;
import narthex.staging.InFlightRegistry;
import narthex.stream.CorruptNarException;
import narthex.upstream.NarBody;
import org.jspecify.annotations.Nullable;

/**
 * Brings one NAR file from an upstream through {@link NarIngest}. A broken transfer is taken up
 * where it broke. Used by one thread, once.
 *
 * <p>Those who wait get bytes as soon as these are surely the beginning of a NAR. An offer that
 * fails before costs them nothing but time: the next one is taken. One that fails later breaks the
 * transfer of those who have seen its bytes, and the next flight begins with another offer.
 */
final class NarFetch {
  private static final System.Logger LOG = System.getLogger(NarFetch.class.getName());

  /** What came of an offer that somebody saw bytes of: how it failed, or null. */
  private record Ended(@Nullable IOException failure) {}

  private final DownloadTarget target;
  private final NarIngest ingest;
  private final Flight flight;
  private final InFlightRegistry flights;

  /** Fetches this target for those who join this flight. */
  NarFetch(DownloadTarget target, NarIngest ingest, Flight flight, InFlightRegistry flights) {
    this.target = target;
    this.ingest = ingest;
    this.flight = flight;
    this.flights = flights;
  }

  /**
   * Fetches the NAR and stores what is to be kept of it; does nothing if it is stored by now.
   *
   * @throws NarAbsentException if surely no upstream has it
   * @throws IOException if it cannot be had just now, or came wrong
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

  /** Takes an offer; empty if its upstream surely has no such file. */
  private Optional<Ended> take(NarOffer offer, Keep keep) throws IOException {
    Optional<NarBody> body = offer.upstream().openNar(offer.file().url(), 0, null);
    if (body.isEmpty()) {
      return Optional.empty();
    }
    AtomicBoolean settled = new AtomicBoolean(); // whether it is known if anybody sees its bytes
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
      // A reader that fails may ask again at once: then the source is known as wrong already.
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
      flight.boarding().awaitBoarded(); // what is not kept is discarded next
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
