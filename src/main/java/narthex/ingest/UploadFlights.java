package narthex.ingest;

import java.io.IOException;
import narthex.blob.GrowingManifest;
import narthex.staging.Flight;
import narthex.staging.Flights;
import org.jspecify.annotations.Nullable;

/**
 * Shares NARs that are being uploaded: whoever asks for one meanwhile, here or on another replica,
 * reads it while it comes in. Thread-safe.
 */
public final class UploadFlights {
  private final Flights flights;
  private final Replicas replicas;

  /** Adds uploads to these flights. */
  public UploadFlights(Flights flights, Replicas replicas) {
    this.flights = flights;
    this.replicas = replicas;
  }

  /**
   * Shares an upload as soon as its bytes prove to be the start of a NAR, unless the file is
   * arriving already. A request that is still searching for the file doesn't count. The caller
   * closes the result after the upload, before the ingestion.
   *
   * @param stem of the file's name
   */
  Shared share(String stem, NarIngestion ingestion) {
    Shared shared = new Shared(stem, ingestion);
    ingestion.whenBegun(shared::begin);
    return shared;
  }

  /** One shared upload. Thread-safe. */
  final class Shared implements AutoCloseable {
    private final Flight flight;
    private final NarIngestion ingestion;
    private @Nullable Holding holding; // guarded by this
    private boolean isStored; // guarded by this
    private boolean closed; // guarded by this

    Shared(String stem, NarIngestion ingestion) {
      this.flight =
          new Flight(
              new Flight.ByFile(stem),
              ingestion.compression(),
              new Flight.About(Flight.Direction.UPLOAD, stem));
      flight.transfers(new Flight.Transfer("", ingestion::written, ingestion.manifest().length()));
      this.ingestion = ingestion;
    }

    private synchronized void begin() {
      if (closed) {
        return;
      }
      flight.opened(NarFetch.coming(ingestion));
      if (!flights.offer(flight)) {
        return;
      }
      Holding held = replicas.hold(replicas.offer(flight.key()));
      holding = held;
      GrowingManifest chunks = ingestion.narManifest();
      held.opened(NarFetch.content(ingestion), chunks == null ? ingestion.manifest() : chunks);
    }

    /** Reports that the NAR is stored under its name. */
    synchronized void stored() {
      isStored = true;
      if (holding != null) {
        holding.stored();
      }
    }

    /** Ends the flight. Waits until its readers have opened the bytes, if these are right. */
    @Override
    public void close() {
      synchronized (this) {
        closed = true;
        if (holding == null) {
          return;
        }
        holding.close();
      }
      flights.release(flight);
      if (ingestion.manifest().isComplete()) { // also if the right bytes can't be stored
        flight.boarding().awaitBoarded();
      }
      flight.ended(isStored ? null : new IOException("the upload of the NAR failed"));
    }
  }
}
