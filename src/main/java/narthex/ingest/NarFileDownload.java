package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import narthex.db.Database;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.upstream.NarBody;
import narthex.upstream.Upstream;
import narthex.upstream.Upstreams;

/**
 * Downloads of NAR files of which nothing is known here but the name that a client remembers: the
 * upstreams are asked for it in the forms that binary caches use, and the name says what the bytes
 * must hash to. One fetch for all who ask at the same time. Thread-safe.
 */
public final class NarFileDownload {
  private static final System.Logger LOG = System.getLogger(NarFileDownload.class.getName());

  /**
   * How such files are taken in.
   *
   * @param maxNarBytes how many bytes a NAR may have, decoded
   * @param mode when NARs are chunked
   */
  public record Policy(long maxNarBytes, CdcMode mode) {}

  /**
   * A file that an upstream has.
   *
   * @param compression of the file
   * @param length in bytes, if told
   */
  public record Probed(Compression compression, OptionalLong length) {}

  private record Found(Upstream upstream, NarFileName name, NarBody body) {}

  private final Upstreams upstreams;
  private final NarIngest ingest;
  private final Database database;
  private final ExecutorService fetchers;
  private final Policy policy;
  private final ConcurrentMap<String, FileFlight> flights = new ConcurrentHashMap<>();

  /**
   * @param fetchers runs one fetch per flight; not closed here
   */
  public NarFileDownload(
      Upstreams upstreams,
      NarIngest ingest,
      Database database,
      ExecutorService fetchers,
      Policy policy) {
    this.upstreams = upstreams;
    this.ingest = ingest;
    this.database = database;
    this.fetchers = fetchers;
    this.policy = policy;
  }

  /** How many bytes a NAR may have, decoded. */
  public long maxNarBytes() {
    return policy.maxNarBytes();
  }

  /**
   * Joins the flight of the file with this stem, or starts it. Returns at once; the caller says
   * {@link narthex.staging.Boarding#boarded} when it has opened the bytes or does not want them. A
   * flight that was started for another name of the same stem may lack what this name means.
   */
  public FileFlight join(NarFileName name) {
    FileFlight mine = new FileFlight(name);
    FileFlight flight =
        flights.compute(
            name.stem(),
            (stem, first) -> {
              FileFlight counting = first == null || first.isFailing() ? mine : first;
              counting.boarding().expect();
              return counting;
            });
    if (flight == mine) {
      try {
        fetchers.execute(() -> run(mine));
      } catch (RejectedExecutionException stopping) {
        flights.remove(name.stem(), mine);
        mine.ended(new IOException("the server is stopping", stopping));
      }
    }
    return flight;
  }

  /**
   * Asks whether such a file can be fetched, without fetching it.
   *
   * @return empty if surely no upstream has it
   * @throws IOException if that cannot be told
   */
  public Optional<Probed> probe(NarFileName name) throws IOException {
    if (name.hash().isEmpty()) {
      return Optional.empty();
    }
    return upstreams.findFile(
        forms(name),
        (upstream, form) ->
            upstream.findNar(url(form)).map(length -> new Probed(form.compression(), length)));
  }

  /** The names under which the file may lie: the one asked for first. */
  private static List<NarFileName> forms(NarFileName name) {
    List<NarFileName> forms = new ArrayList<>(List.of(name));
    if (name.compression() == Compression.NONE) {
      Arrays.stream(Compression.values())
          .filter(other -> other != Compression.NONE)
          .map(other -> new NarFileName(name.stem(), other))
          .forEach(forms::add);
    }
    return forms;
  }

  private static String url(NarFileName name) {
    return "nar/" + name.print();
  }

  private void run(FileFlight flight) {
    IOException failure = null;
    try {
      fetch(flight);
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new IOException("fetch broke: " + e, e);
    } finally {
      flights.remove(flight.asked().stem(), flight);
      flight.ended(failure);
    }
    if (failure != null) {
      LOG.log(
          failure instanceof NarAbsentException ? Level.INFO : Level.WARNING,
          "nar file not fetched name={0} reason={1}",
          flight.asked().print(),
          failure.toString());
    }
  }

  private void fetch(FileFlight flight) throws IOException {
    NarFileName asked = flight.asked();
    Sha256 fileHash = asked.hash().orElseThrow(() -> absent(asked));
    Optional<Keep> keep = keep(asked);
    if (keep.isEmpty()) {
      return;
    }
    Found found =
        upstreams
            .findFile(
                forms(asked),
                (upstream, form) ->
                    upstream
                        .openNar(url(form), 0, null)
                        .map(body -> new Found(upstream, form, body)))
            .orElseThrow(() -> absent(asked));
    try (NarIngestion ingestion = begin(found, fileHash, keep.get())) {
      try {
        flight.opened(
            new FileFlight.Opened(
                ingestion.manifest(),
                found.name().compression(),
                fileHash,
                ingestion.narManifest()));
        new NarTransfer(found.upstream(), url(found.name()), ingestion).run(found.body());
        NarIngestion.Finished finished = ingestion.finish();
        DatabaseTries.keepTrying(
            () -> database.nameFile(asked.stem(), fileHash, finished.nar().hash()));
        flights.remove(asked.stem(), flight);
        flight.boarding().awaitBoarded();
      } catch (IOException e) {
        ingestion.fail(e);
        throw e;
      }
    }
  }

  /** What is to be kept of it; empty if it is stored by now. */
  private Optional<Keep> keep(NarFileName asked) throws IOException {
    Keep first = policy.mode().firstKept();
    Optional<Sha256> narHash = database.findNarByFileName(asked.stem());
    Compression wanted = asked.compression();
    return narHash.isEmpty()
        ? Optional.of(first)
        : ingest.wouldKeep(narHash.get(), wanted, wanted, first);
  }

  private NarIngestion begin(Found found, Sha256 fileHash, Keep keep) throws IOException {
    OptionalLong length = found.body().length();
    try {
      return ingest.begin(
          new NarExpectation(
              null,
              policy.maxNarBytes(),
              found.name().compression(),
              fileHash,
              length.isPresent() ? Long.valueOf(length.getAsLong()) : null,
              found.upstream().base() + " " + url(found.name())),
          keep);
    } catch (IOException | RuntimeException e) {
      found.body().close();
      throw e;
    }
  }

  private static NarAbsentException absent(NarFileName name) {
    return new NarAbsentException("no upstream has nar/" + name.print());
  }
}
