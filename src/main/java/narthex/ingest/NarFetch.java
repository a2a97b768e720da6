package narthex.ingest;

import java.io.IOException;
import java.util.Optional;
import narthex.staging.Flight;
import narthex.staging.InFlightRegistry;
import narthex.upstream.NarBody;

/**
 * Brings one NAR file from an upstream through {@link NarIngest}. A broken transfer is taken up
 * where it broke. Used by one thread, once.
 */
final class NarFetch {
  private record Opened(NarOffer offer, NarBody body) {}

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
    Opened opened =
        target
            .search(
                offer ->
                    offer
                        .upstream()
                        .openNar(offer.file().url(), 0, null)
                        .map(body -> new Opened(offer, body)))
            .orElseThrow(() -> new NarAbsentException("no upstream has it " + target.describe()));
    try (NarIngestion ingestion = begin(opened, keep.get())) {
      try {
        transfer(opened, ingestion);
      } catch (IOException e) {
        ingestion.fail(e);
        throw e;
      }
    }
  }

  private NarIngestion begin(Opened opened, Keep keep) throws IOException {
    try {
      target.opened(opened.offer());
      return ingest.begin(target.expectation(opened.offer(), opened.body().length()), keep);
    } catch (IOException | RuntimeException e) {
      opened.body().close();
      throw e;
    }
  }

  private void transfer(Opened opened, NarIngestion ingestion) throws IOException {
    NarOffer offer = opened.offer();
    flight.opened(
        new Flight.Coming(
            ingestion.manifest(),
            offer.file().compression(),
            ingestion.announcedHash(),
            ingestion.announcedNar(),
            ingestion.narManifest()));
    new NarTransfer(offer, ingestion).run(opened.body());
    NarIngestion.Finished finished = ingestion.finish();
    target.stored(finished);
    flights.release(flight);
    flight.boarding().awaitBoarded(); // what is not kept is discarded next
  }
}
