package narthex.serve;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.ingest.NarAbsentException;
import narthex.ingest.NarDownload;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.store.ChunkedNars;
import narthex.store.PopularFiles;
import narthex.store.StoreListener;
import narthex.store.StoredNars;
import narthex.stream.DecoderShare;

/**
 * Finds NARs: among the stored ones, then in flight, then at the upstreams.
 *
 * <p>A name without a compression is served from any form, decoded if necessary. A name with one is
 * served from a file in that compression. If no such file is available any more, the NAR is
 * compressed again, because clients cache names for weeks. A stored form whose blobs are lost is
 * dropped and fetched again; other storage errors are thrown. Thread-safe.
 */
public final class NarLookup implements StoreListener {
  private static final System.Logger LOG = System.getLogger(NarLookup.class.getName());

  /** Limit on the narinfos of one NAR to try, as its compression may have changed upstream. */
  static final int ATTEMPTS = 4;

  private final Database database;
  private final StoredSources stored;
  private final RememberedNames names;
  private final EntityTags tags;
  private final NarDownload download;
  private final NarFlights coming;
  private final NarProbe probe;

  /**
   * @param decoders memory for decoding
   * @param popular local files of popular NARs
   * @param memoryTtl how long to cache which NARs are stored
   */
  public NarLookup(
      Database database,
      StoredNars nars,
      ChunkedNars chunked,
      NarDownload download,
      DecoderShare decoders,
      PopularFiles popular,
      Duration memoryTtl) {
    this.database = database;
    this.names = new RememberedNames(database.fileNames(), memoryTtl);
    this.tags = new EntityTags(database);
    this.stored = new StoredSources(database, nars, chunked, tags, decoders, popular, memoryTtl);
    this.download = download;
    this.coming = new NarFlights(download, database, chunked, decoders);
    this.probe = new NarProbe(database, stored, tags, download);
  }

  /**
   * Finds a NAR to send. Starts its download if necessary and returns as soon as bytes arrive. If
   * the NAR is evicted while the source is read, the reading goes on. The caller closes the source.
   *
   * @return empty if no file of this name exists, which all asked upstreams confirmed
   * @throws IOException if the storage or an upstream fails and no other source has the NAR
   */
  public Optional<NarSource> find(NarFileName name) throws IOException {
    return find(name, Sighting.NONE);
  }

  /**
   * Finds a NAR to send, like {@link #find(NarFileName)}, but doesn't read again what was just
   * read.
   *
   * @param seen what {@link #look} has returned for this name
   */
  public Optional<NarSource> find(NarFileName name, Sighting seen) throws IOException {
    return findOnce(name, seen).map(found -> ContinuedSource.of(found, () -> findAgain(name)));
  }

  /** Finds a NAR whose stored form was dropped, whatever is cached about it. */
  private Optional<NarSource> findAgain(NarFileName name) throws IOException {
    database.findNarByFileName(name.stem()).ifPresent(stored::forget);
    return findOnce(name, Sighting.NONE);
  }

  private Optional<NarSource> findOnce(NarFileName name, Sighting seen) throws IOException {
    Optional<NarSource> known = stored.findRemembered(name);
    if (known.isPresent()) {
      return known;
    }
    Optional<Sha256> narHash = names.find(name.stem());
    if (narHash.isEmpty()) {
      return fetchFile(name);
    }
    Optional<NarSource> file;
    try {
      file = findFile(narHash.get(), name, seen);
    } catch (IOException trouble) {
      return Optional.of(stored.findMade(narHash.get(), name).orElseThrow(() -> trouble));
    }
    if (file.isPresent()) {
      return file;
    }
    Optional<NarSource> made = stored.findMade(narHash.get(), name);
    return made.isPresent() ? made : makeOfFetched(narHash.get(), name);
  }

  /** Finds a file in the compression of the name, without compressing anything. */
  private Optional<NarSource> findFile(Sha256 narHash, NarFileName name, Sighting seen)
      throws IOException {
    // If it was not stored, but is by now, the flight finds that out.
    Optional<List<NarInfoRow>> narInfos = seen.narInfosOf(narHash);
    Optional<NarSource> found =
        narInfos.isPresent() ? Optional.empty() : stored.find(narHash, name);
    if (found.isPresent()) {
      return found;
    }
    Fitting fitting = Fitting.of(name.compression());
    Optional<NarSource> fetched = fetch(narHash, name, fitting, narInfos);
    if (fetched.isPresent()) {
      return Optional.of(tags.tagged(narHash, name, fetched.get()));
    }
    return rows(narHash, fitting).isEmpty() ? fetchFile(name) : Optional.empty();
  }

  /**
   * Looks where the NAR of this file name is.
   *
   * @throws IOException if the database or the blob store fails
   */
  public Sighting look(NarFileName name) throws IOException {
    if (stored.isRemembered(name)) {
      return Sighting.STORED;
    }
    Optional<Sha256> narHash = names.find(name.stem());
    if (narHash.isEmpty()) {
      return new Sighting(place(download.isInFlight(name)), Optional.empty());
    }
    if (stored.isStored(narHash.get(), name)) {
      return Sighting.STORED;
    }
    List<NarInfoRow> rows = database.findNarInfosOf(narHash.get());
    boolean isInFlight = download.isInFlight(name) || rows.stream().anyMatch(download::isInFlight);
    return !isInFlight && stored.isStored(narHash.get(), name) // it may just have come in
        ? Sighting.STORED
        : new Sighting(place(isInFlight), Optional.of(new Sighting.Absent(narHash.get(), rows)));
  }

  private static Sighting.Place place(boolean isInFlight) {
    return isInFlight ? Sighting.Place.IN_FLIGHT : Sighting.Place.NOWHERE;
  }

  /**
   * Whether the NAR of this file name is stored in any form. Only a hint.
   *
   * @throws IOException if the database or the blob store fails
   */
  public boolean isStored(NarFileName name) throws IOException {
    if (stored.isRemembered(name)) {
      return true;
    }
    Optional<Sha256> narHash = names.find(name.stem());
    return narHash.isPresent() && stored.isStored(narHash.get(), name);
  }

  /**
   * The length in bytes of the local file that {@link #find} would send unchanged. Only a hint.
   *
   * @return empty if it would send anything else
   * @throws IOException if the database or the blob store fails
   */
  public OptionalLong localFileBytes(NarFileName name) throws IOException {
    Optional<NarSource> known = stored.findRemembered(name);
    Optional<NarSource> found = known.isPresent() ? known : findHere(name);
    if (found.isEmpty()) {
      return OptionalLong.empty();
    }
    try (NarSource source = found.get()) {
      return source.localFile().isPresent() ? source.length() : OptionalLong.empty();
    }
  }

  /** Fetches a file by its name alone, as no narinfo names it. */
  private Optional<NarSource> fetchFile(NarFileName name) throws IOException {
    try {
      Optional<NarSource> found = coming.follow(name);
      if (found.isPresent()) {
        return found;
      }
    } catch (NarAbsentException e) {
      LOG.log(Level.DEBUG, "nar file absent name={0} reason={1}", name.print(), e.getMessage());
    }
    Optional<Sha256> narHash = names.find(name.stem());
    return narHash.isEmpty() ? Optional.empty() : stored.find(narHash.get(), name);
  }

  /** Compresses the NAR of a file that an upstream has in another compression. */
  private Optional<NarSource> makeOfFetched(Sha256 narHash, NarFileName name) throws IOException {
    return name.compression() == Compression.NONE
        ? Optional.empty()
        : fetch(narHash, name.uncompressed(), file -> file != name.compression(), Optional.empty())
            .map(nar -> MadeSource.fileOf(nar, name.compression()));
  }

  /**
   * Checks whether {@link #find} would find the NAR, without downloading it.
   *
   * @return empty if it would not
   * @throws IOException if the storage or an upstream fails and no other source has the NAR
   */
  public Optional<NarAnswer> probe(NarFileName name) throws IOException {
    return probe.find(name, names.find(name.stem()));
  }

  /**
   * Finds a stored NAR. Asks no upstream and changes nothing. The caller closes the source.
   *
   * @return empty if it isn't stored
   * @throws IOException if the database or the blob store fails
   */
  public Optional<NarSource> findHere(NarFileName name) throws IOException {
    Optional<Sha256> narHash = names.find(name.stem());
    if (narHash.isEmpty()) {
      return Optional.empty();
    }
    Optional<NarSource> file = stored.findUnchanged(narHash.get(), name);
    if (file.isPresent()) {
      return Optional.of(tags.tagged(narHash.get(), name, file.get()));
    }
    return name.compression() == Compression.NONE
        ? Optional.empty()
        : stored
            .findUnchanged(narHash.get(), new NarFileName(narHash.get().nix32(), Compression.NONE))
            .map(nar -> MadeSource.fileOf(nar, name.compression()));
  }

  /**
   * Checks whether {@link #findHere} would find a file, so that a client need not upload it.
   *
   * @return empty if it must be uploaded
   * @throws IOException if the database or the blob store fails
   */
  public Optional<NarAnswer> probeHere(NarFileName name) throws IOException {
    return findHere(name).map(NarAnswer::of);
  }

  @Override
  public void narChanged(Sha256 narHash) {
    stored.forget(narHash);
    names.forget(narHash.nix32()); // may have been another NAR's before this one was stored
  }

  @Override
  public void nameChanged(String stem) {
    names.forget(stem);
  }

  @Override
  public void anyChanged() {
    names.forgetAll();
    stored.forgetAll();
  }

  /**
   * Fetches a NAR.
   *
   * @param read its narinfos, if they were just read
   */
  private Optional<NarSource> fetch(
      Sha256 narHash, NarFileName name, Fitting fitting, Optional<List<NarInfoRow>> read)
      throws IOException {
    Compression wanted = name.compression();
    Set<String> tried = new HashSet<>();
    Set<String> troubled = new HashSet<>();
    IOException trouble = null;
    List<NarInfoRow> rows = read.map(fitting::select).orElse(List.of());
    while (tried.size() < ATTEMPTS) {
      rows = tried.isEmpty() && !rows.isEmpty() ? rows : rows(narHash, fitting);
      Optional<NarInfoRow> next =
          rows.stream()
              .filter(row -> !tried.contains(place(row)) && !troubled.contains(upstream(row)))
              .findFirst();
      if (next.isEmpty()) {
        break;
      }
      tried.add(place(next.get()));
      try {
        Optional<NarSource> source = coming.follow(next.get(), wanted);
        source = source.isPresent() ? source : stored.find(narHash, name);
        if (source.isEmpty()) { // just stored in a form that doesn't fit
          source = coming.follow(next.get(), wanted);
        }
        if (source.isPresent()) {
          return source;
        }
      } catch (NarAbsentException e) {
        LOG.log(Level.INFO, "nar absent hash={0} reason={1}", narHash.nix32(), e.getMessage());
      } catch (IOException e) {
        trouble = e;
        troubled.add(upstream(next.get()));
      }
    }
    if (trouble != null) {
      throw trouble;
    }
    return Optional.empty();
  }

  /** Upstream and URL of a narinfo's file. */
  private static String place(NarInfoRow row) {
    return upstream(row) + " " + row.said().file().url();
  }

  private static String upstream(NarInfoRow row) {
    return Objects.requireNonNullElse(row.upstream(), "");
  }

  /** The narinfos of this NAR whose file fits, newest first. */
  private List<NarInfoRow> rows(Sha256 narHash, Fitting fitting) throws IOException {
    return fitting.select(database.findNarInfosOf(narHash));
  }
}
