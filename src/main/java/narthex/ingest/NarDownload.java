package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.staging.Flight;
import narthex.staging.InFlightRegistry;

/**
 * Downloads of NARs, named by a narinfo or by a file name alone: one flight for all who want the
 * same. A flight goes on for the cache when those who wanted it have left. Thread-safe.
 */
public final class NarDownload {
  private static final System.Logger LOG = System.getLogger(NarDownload.class.getName());

  /**
   * How NARs are taken in.
   *
   * @param maxNarBytes how many bytes a NAR may have, decoded, that no narinfo tells of
   * @param mode when NARs are chunked
   */
  public record Policy(long maxNarBytes, CdcMode mode) {}

  /**
   * Where downloads run.
   *
   * @param fetchers runs one fetch per flight; not closed here
   * @param prefetchers runs prefetches, as many at once and in its queue as it allows; what it
   *     rejects is not prefetched; not closed here
   */
  public record Threads(ExecutorService fetchers, ExecutorService prefetchers) {}

  /**
   * A file that an upstream has.
   *
   * @param compression of the file
   * @param length in bytes, if told
   */
  public record Probed(Compression compression, OptionalLong length) {}

  private final NarSources sources;
  private final NarIngest ingest;
  private final Database database;
  private final InFlightRegistry flights;
  private final Threads threads;
  private final Policy policy;

  /** Downloads from these sources. */
  public NarDownload(
      NarSources sources,
      NarIngest ingest,
      Database database,
      InFlightRegistry flights,
      Threads threads,
      Policy policy) {
    this.sources = sources;
    this.ingest = ingest;
    this.database = database;
    this.flights = flights;
    this.threads = threads;
    this.policy = policy;
  }

  /** How many bytes a NAR may have, decoded, that no narinfo tells of. */
  public long maxNarBytes() {
    return policy.maxNarBytes();
  }

  /** What makes two flights of a narinfo's NAR the same. */
  public static Flight.Key key(NarInfoRow row) {
    NarInfo said = row.said();
    return new Flight.ByNar(said.nar(), said.file().compression());
  }

  /**
   * Joins the flight of this narinfo's NAR, or starts it. Returns at once; the caller says {@link
   * narthex.staging.Boarding#boarded} when it has opened the bytes or does not want them.
   *
   * @param wanted the compression in which the caller wants the NAR
   */
  public Flight join(NarInfoRow row, Compression wanted) {
    return join(key(row), target(row, wanted));
  }

  /**
   * Joins the flight of the file with the stem of this name, or starts it, in the same way. A
   * flight that was started for another name of the same stem may lack what this name means.
   */
  public Flight join(NarFileName name) {
    return join(new Flight.ByFile(name.stem()), new FileTarget(name, sources, database, policy));
  }

  private NarTarget target(NarInfoRow row, Compression wanted) {
    return new NarTarget(row, wanted, sources, database, policy.mode().firstKept());
  }

  private Flight join(Flight.Key key, DownloadTarget target) {
    Flight mine = new Flight(key, target.wanted());
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
      new NarFetch(target, ingest, flight, flights).run();
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new IOException("fetch broke: " + e, e);
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

  /** Brings in this narinfo's NAR when there is time, without anybody waiting for it. */
  public void prefetch(NarInfoRow row) {
    try {
      threads.prefetchers().execute(() -> prefetchNow(row));
    } catch (RejectedExecutionException full) {
      LOG.log(Level.DEBUG, "prefetch skipped path={0}", row.said().storePath().print());
    }
  }

  private void prefetchNow(NarInfoRow row) {
    Flight flight = join(row, Compression.NONE);
    flight.boarding().boarded();
    try {
      flight.awaitEnded();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "prefetch ended", e);
    }
  }

  /**
   * Asks whether a narinfo's NAR can be fetched, without fetching it.
   *
   * @param wanted the compression in which the caller wants the NAR
   * @return empty if surely no upstream has it (in this compression); else the file's length, if
   *     told
   * @throws IOException if that cannot be told
   */
  public Optional<OptionalLong> probe(NarInfoRow row, Compression wanted) throws IOException {
    return sources.search(row, wanted, NarDownload::probe);
  }

  /**
   * Asks whether a file of this name can be fetched, without fetching it.
   *
   * @return empty if surely no upstream has it
   * @throws IOException if that cannot be told
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
