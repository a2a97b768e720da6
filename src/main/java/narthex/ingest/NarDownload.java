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
import narthex.nix.NarInfo;
import narthex.staging.Flight;
import narthex.staging.InFlightRegistry;
import narthex.upstream.FoundNarInfo;
import narthex.upstream.Upstream;
import narthex.upstream.Upstreams;

/**
 * Downloads of NARs: one flight for all who want the same. A flight goes on for the cache when
 * those who wanted it have left. Thread-safe.
 */
public final class NarDownload {
  private static final System.Logger LOG = System.getLogger(NarDownload.class.getName());

  private final Upstreams upstreams;
  private final NarInfoFetch narInfos;
  private final NarIngest ingest;
  private final InFlightRegistry flights;
  private final ExecutorService fetchers;
  private final ExecutorService prefetchers;
  private final CdcMode mode;

  /**
   * @param fetchers runs one fetch per flight; not closed here
   * @param prefetchers runs prefetches, as many at once and in its queue as it allows; what it
   *     rejects is not prefetched; not closed here
   * @param mode when NARs are chunked
   */
  public NarDownload(
      Upstreams upstreams,
      NarInfoFetch narInfos,
      NarIngest ingest,
      InFlightRegistry flights,
      ExecutorService fetchers,
      ExecutorService prefetchers,
      CdcMode mode) {
    this.upstreams = upstreams;
    this.narInfos = narInfos;
    this.ingest = ingest;
    this.flights = flights;
    this.fetchers = fetchers;
    this.prefetchers = prefetchers;
    this.mode = mode;
  }

  /**
   * Joins the flight of this narinfo's NAR, or starts it. Returns at once; the caller says {@link
   * narthex.staging.Boarding#boarded} when it has opened the bytes or does not want them.
   *
   * @param wanted the compression in which the caller wants the NAR
   */
  public Flight join(NarInfoRow row, Compression wanted) {
    Flight mine = new Flight(row.said().nar(), row.said().file().compression());
    Flight flight = flights.claim(mine);
    if (flight == mine) {
      try {
        fetchers.execute(() -> run(row, wanted, mine));
      } catch (RejectedExecutionException stopping) {
        flights.release(mine);
        mine.ended(new IOException("the server is stopping", stopping));
      }
    }
    return flight;
  }

  /** Brings in this narinfo's NAR when there is time, without anybody waiting for it. */
  public void prefetch(NarInfoRow row) {
    try {
      prefetchers.execute(() -> prefetchNow(row));
    } catch (RejectedExecutionException full) {
      LOG.log(Level.DEBUG, "prefetch left out path={0}", row.said().storePath().print());
    }
  }

  /**
   * Asks whether the NAR file can be fetched, without fetching it.
   *
   * @return empty if surely no upstream has it (in this compression); else the file's length, if
   *     told
   */
  public Optional<OptionalLong> probe(NarInfoRow row) throws IOException {
    IOException trouble = null;
    String base = row.upstream();
    if (base != null) {
      try {
        Optional<OptionalLong> found = probe(base, row.said().file());
        if (found.isPresent()) {
          return found;
        }
      } catch (IOException e) {
        trouble = e;
      }
    }
    Upstreams.Survey others = upstreams.findAll(row.said().storePath().hash());
    trouble = trouble == null ? others.trouble() : trouble;
    for (FoundNarInfo other : others.found()) {
      NarFile file = other.narInfo().file();
      boolean same =
          other.narInfo().nar().equals(row.said().nar())
              && file.compression() == row.said().file().compression();
      try {
        Optional<OptionalLong> found = same ? probe(other.upstream(), file) : Optional.empty();
        if (found.isPresent()) {
          return found;
        }
      } catch (IOException e) {
        trouble = e;
      }
    }
    if (trouble != null) {
      throw trouble;
    }
    return Optional.empty();
  }

  private Optional<OptionalLong> probe(String base, NarFile file) throws IOException {
    Optional<Upstream> upstream = upstreams.byBase(base);
    if (upstream.isEmpty()) {
      return Optional.empty();
    }
    Optional<OptionalLong> found = upstream.get().findNar(file.url());
    Long said = file.sizeBytes();
    if (found.isPresent() && found.get().isEmpty() && said != null) {
      return Optional.of(OptionalLong.of(said));
    }
    return found;
  }

  private void prefetchNow(NarInfoRow row) {
    Flight flight = join(row, Compression.NONE);
    flight.boarding().boarded();
    awaitEnd(flight);
  }

  private void run(NarInfoRow row, Compression wanted, Flight flight) {
    IOException failure = null;
    try {
      // Another flight may have landed between its joiner's look at the rows and this claim.
      Optional<Keep> keep =
          ingest.wouldKeep(flight.nar().hash(), flight.compression(), wanted, mode.firstKept());
      if (keep.isPresent()) {
        new NarFetch(row, upstreams, narInfos, ingest, keep.get()).fetch(course(flight));
      }
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new IOException("fetch broke: " + e, e);
    } finally {
      flights.release(flight);
      flight.ended(failure);
    }
    if (failure != null) {
      report(row.said(), failure);
    }
  }

  private NarFetch.Course course(Flight flight) {
    return new NarFetch.Course() {
      @Override
      public void opened(NarIngestion ingestion) {
        flight.opened(
            new Flight.Opened(
                ingestion.manifest(), ingestion.announcedHash(), ingestion.narManifest()));
      }

      @Override
      public void landing() {
        flights.release(flight);
        flight.boarding().awaitBoarded();
      }
    };
  }

  private static void report(NarInfo said, IOException failure) {
    boolean absent = failure instanceof NarAbsentException;
    LOG.log(
        absent ? Level.INFO : Level.WARNING,
        "nar not fetched hash={0} path={1} reason={2}",
        said.nar().hash().nix32(),
        said.storePath().print(),
        failure.toString());
  }

  private static void awaitEnd(Flight flight) {
    try {
      flight.awaitEnded();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "prefetch ended", e);
    }
  }
}
