package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import narthex.db.NarInfoRow;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.staging.Flight;
import narthex.staging.Flights;

/**
 * Downloads NARs, given a narinfo or only a file name. Concurrent requests for the same NAR share
 * one flight. A flight continues after all its clients have left, to fill the cache. Thread-safe.
 */
public final class NarDownload {
  private static final System.Logger LOG = System.getLogger(NarDownload.class.getName());

  /**
   * How NARs are ingested.
   *
   * @param maxNarBytes largest allowed size, decoded, of a NAR without a narinfo, in bytes
   * @param mode when NARs are chunked
   */
  public record Policy(long maxNarBytes, CdcMode mode) {}

  /**
   * The executors of downloads. The caller closes them.
   *
   * @param fetchers runs one fetch per flight
   * @param prefetchers runs prefetches; one that it rejects is skipped
   */
  public record Threads(ExecutorService fetchers, ExecutorService prefetchers) {}

  /**
   * A file that an upstream has.
   *
   * @param compression of the file
   * @param length in bytes, if known
   */
  public record Probed(Compression compression, OptionalLong length) {}

  private final NarSources sources;
  private final NarIngest ingest;
  private final Flights flights;
  private final Replicas replicas;
  private final Threads threads;
  private final Policy policy;

  /** Downloads from these sources, and shares the flights with these replicas. */
  public NarDownload(
      NarSources sources,
      NarIngest ingest,
      Flights flights,
      Replicas replicas,
      Threads threads,
      Policy policy) {
    this.sources = sources;
    this.ingest = ingest;
    this.flights = flights;
    this.replicas = replicas;
    this.threads = threads;
    this.policy = policy;
  }

  /** Largest allowed size, decoded, of a NAR without a narinfo, in bytes. */
  public long maxNarBytes() {
    return policy.maxNarBytes();
  }

  /** The key of a flight of a narinfo's NAR. */
  public static Flight.Key key(NarInfoRow row) {
    NarInfo said = row.said();
    return new Flight.ByNar(said.nar(), said.file().compression());
  }

  /**
   * Joins the flight of this narinfo's NAR, or starts one. Returns immediately. The caller must
   * call {@link narthex.staging.Boarding#boarded} once, when it has opened the bytes or gives up.
   *
   * @param wanted the compression that the caller needs; NONE for the NAR itself
   */
  public Flight join(NarInfoRow row, Compression wanted) {
    return join(key(row), target(row, wanted));
  }

  /**
   * Joins the flight of the file with this name's stem, or starts one, like the other method. A
   * flight started for another name with the same stem may bring a file that doesn't fit this name.
   */
  public Flight join(NarFileName name) {
    return join(new Flight.ByFile(name.stem()), target(name));
  }

  /**
   * Joins or starts a flight of the file that this narinfo names, like {@link #join(NarInfoRow,
   * Compression)}, but beside the flight of the NAR: that one brings the NAR in another form.
   */
  public Flight joinApart(NarInfoRow row, Compression wanted) {
    return joinApart(key(row), target(row, wanted));
  }

  /** The same for a file of which only the name is known. */
  public Flight joinApart(NarFileName name) {
    return joinApart(new Flight.ByFile(name.stem()), target(name));
  }

  private Flight joinApart(Flight.Key key, DownloadTarget target) {
    return join(new Flight.Apart(key, target.wanted()), new PassedTarget(target));
  }

  private NarTarget target(NarInfoRow row, Compression wanted) {
    return new NarTarget(row, wanted, sources, replicas.database(), policy.mode().firstKept());
  }

  private FileTarget target(NarFileName name) {
    return new FileTarget(name, sources, replicas.database(), policy);
  }

  private Flight join(Flight.Key key, DownloadTarget target) {
    Flight mine =
        new Flight(
            key, target.wanted(), new Flight.About(Flight.Direction.DOWNLOAD, target.title()));
    Flight flight = flights.claim(mine);
    if (flight == mine) {
      try {
        threads.fetchers().execute(() -> run(target, mine));
      } catch (RejectedExecutionException stopping) {
        flights.release(mine);
        mine.ended(new IOException("the server is stopping", stopping));
      }
    }
    return flight;
  }

  private void run(DownloadTarget target, Flight flight) {
    IOException failure = null;
    try {
      new NarFetch(target, ingest, flight, flights, replicas).run();
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new IOException("NAR download failed unexpectedly: " + e, e);
    } finally {
      flights.release(flight);
      flight.ended(failure);
    }
    if (failure != null) {
      LOG.log(
          failure instanceof NarAbsentException ? Level.INFO : Level.WARNING,
          "nar not fetched {0} reason={1}",
          target.describe(),
          failure.toString());
    }
  }

  /** Whether this narinfo's NAR is in flight, here or on another replica. */
  public boolean isInFlight(NarInfoRow row) {
    return isInFlight(key(row));
  }

  /** Whether a file of this name is in flight, here or on another replica, without a narinfo. */
  public boolean isInFlight(NarFileName name) {
    return isInFlight(new Flight.ByFile(name.stem()));
  }

  private boolean isInFlight(Flight.Key key) {
    return flights.find(key).isPresent() || replicas.isElsewhere(key);
  }

  /** Downloads this narinfo's NAR in the background. Skips it if the executor's queue is full. */
  public void prefetch(NarInfoRow row) {
    try {
      threads.prefetchers().execute(() -> prefetchNow(row));
    } catch (RejectedExecutionException full) {
      LOG.log(Level.DEBUG, "prefetch skipped path={0}", row.said().storePath().print());
    }
  }

  /**
   * Downloads this narinfo's NAR and waits until it is stored. Does nothing if it is stored.
   *
   * @throws NarAbsentException if every upstream answered that it doesn't have the NAR
   * @throws IOException if it can't be fetched or stored now
   */
  public void fetch(NarInfoRow row) throws IOException {
    Flight flight = join(row, Compression.NONE);
    flight.boarding().boarded();
    if (!flight.awaitEnded()) {
      flight.awaitOpened(); // throws the reason, if no byte came
      throw new IOException("the NAR broke off while it came in");
    }
  }

  private void prefetchNow(NarInfoRow row) {
    try {
      fetch(row);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "prefetch ended", e);
    }
  }

  /**
   * Asks the upstreams whether they have a narinfo's NAR, without downloading it.
   *
   * @param wanted the compression that the caller needs; NONE for the NAR itself
   * @return empty if every upstream answered that it has no such file; else the length of the file
   *     in bytes, if known
   * @throws IOException if none has it and an upstream failed
   */
  public Optional<OptionalLong> probe(NarInfoRow row, Compression wanted) throws IOException {
    return sources.search(row, wanted, NarDownload::probe);
  }

  /**
   * Asks the upstreams whether they have a file of this name, without downloading it.
   *
   * @return empty if every upstream answered that it has no such file
   * @throws IOException if none has it and an upstream failed
   */
  public Optional<Probed> probe(NarFileName name) throws IOException {
    return sources.search(
        name, offer -> probe(offer).map(length -> new Probed(offer.file().compression(), length)));
  }

  private static Optional<OptionalLong> probe(NarOffer offer) throws IOException {
    NarFile file = offer.file();
    Optional<OptionalLong> found = offer.upstream().findNar(file.url());
    Long said = file.sizeBytes();
    return found.isPresent() && found.get().isEmpty() && said != null
        ? Optional.of(OptionalLong.of(said))
        : found;
  }
}
