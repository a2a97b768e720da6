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
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
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
  private static final int ATTEMPTS = 4;

  private final Database database;
  private final StoredSources stored;
  private final RememberedNames names;
  private final EntityTags tags;
  private final NarDownload download;
  private final NarFlights coming;

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
  }

  /** Selects narinfos by the compression of their file. */
  private interface Fitting {
    boolean fits(Compression file);
  }

  /**
   * Finds a NAR to send. Starts its download if necessary and returns as soon as bytes arrive. If
   * the NAR is evicted while the source is read, the reading goes on. The caller closes the source.
   *
   * @return empty if no file of this name exists, which all asked upstreams confirmed
   * @throws IOException if the storage or an upstream fails and no other source has the NAR
   */
  public Optional<NarSource> find(NarFileName name) throws IOException {
    return findOnce(name).map(found -> ContinuedSource.of(found, () -> findAgain(name)));
  }

  /** Finds a NAR whose stored form was dropped, whatever is cached about it. */
  private Optional<NarSource> findAgain(NarFileName name) throws IOException {
    database.findNarByFileName(name.stem()).ifPresent(stored::forget);
    return findOnce(name);
  }

  private Optional<NarSource> findOnce(NarFileName name) throws IOException {
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
      file = findFile(narHash.get(), name);
    } catch (IOException trouble) {
      return Optional.of(makeOfStored(narHash.get(), name).orElseThrow(() -> trouble));
    }
    if (file.isPresent()) {
      return file;
    }
    Optional<NarSource> made = makeOfStored(narHash.get(), name);
    return made.isPresent() ? made : makeOfFetched(narHash.get(), name);
  }

  /** Finds a file in the compression of the name, without compressing anything. */
  private Optional<NarSource> findFile(Sha256 narHash, NarFileName name) throws IOException {
    Optional<NarSource> found = stored.find(narHash, name);
    if (found.isPresent()) {
      return found;
    }
    Fitting fitting = fitting(name.compression());
    Optional<NarSource> fetched = fetch(narHash, name, fitting);
    if (fetched.isPresent()) {
      return Optional.of(tags.tagged(narHash, name, fetched.get()));
    }
    return rows(narHash, fitting).isEmpty() ? fetchFile(name) : Optional.empty();
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
    if (narHash.isEmpty() || stored.isRemembered(narHash.get(), name)) {
      return narHash.isPresent();
    }
    Optional<NarSource> found = stored.find(narHash.get(), name); // cached for find
    if (found.isPresent()) {
      found.get().close();
      return true;
    }
    return database.findNar(narHash.get()).isPresent();
  }

  /** Whether the NAR of this file name is in flight, here or on another replica. Only a hint. */
  public boolean isInFlight(NarFileName name) throws IOException {
    if (download.isInFlight(name)) {
      return true;
    }
    Optional<Sha256> narHash = names.find(name.stem());
    return narHash.isPresent()
        && rows(narHash.get(), file -> true).stream().anyMatch(download::isInFlight);
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

  /** Compresses the stored NAR. Empty if it isn't stored, or the name has no compression. */
  private Optional<NarSource> makeOfStored(Sha256 narHash, NarFileName name) throws IOException {
    return name.compression() == Compression.NONE
        ? Optional.empty()
        : stored
            .find(narHash, name.uncompressed())
            .map(nar -> MadeSource.fileOf(nar, name.compression()));
  }

  /** Compresses the NAR of a file that an upstream has in another compression. */
  private Optional<NarSource> makeOfFetched(Sha256 narHash, NarFileName name) throws IOException {
    return name.compression() == Compression.NONE
        ? Optional.empty()
        : fetch(narHash, name.uncompressed(), file -> file != name.compression())
            .map(nar -> MadeSource.fileOf(nar, name.compression()));
  }

  /**
   * Checks whether {@link #find} would find the NAR, without downloading it.
   *
   * @return empty if it would not
   * @throws IOException if the storage or an upstream fails and no other source has the NAR
   */
  public Optional<NarAnswer> probe(NarFileName name) throws IOException {
    Optional<Sha256> narHash = names.find(name.stem());
    if (narHash.isEmpty()) {
      return probeFile(name);
    }
    Optional<NarAnswer> file;
    try {
      file = probeFile(narHash.get(), name);
    } catch (IOException trouble) {
      return Optional.of(
          makeOfStored(narHash.get(), name).map(NarAnswer::of).orElseThrow(() -> trouble));
    }
    if (file.isPresent() || name.compression() == Compression.NONE) {
      return file;
    }
    Optional<NarAnswer> made = makeOfStored(narHash.get(), name).map(NarAnswer::of);
    return made.isPresent()
        ? made
        : probeFlights(narHash.get(), name, other -> other != name.compression())
            .map(found -> new NarAnswer(OptionalLong.empty(), ""));
  }

  private Optional<NarAnswer> probeFile(Sha256 narHash, NarFileName name) throws IOException {
    Optional<NarAnswer> here = stored.find(narHash, name).map(NarAnswer::of);
    if (here.isPresent()) {
      return here;
    }
    Fitting fitting = fitting(name.compression());
    Optional<NarAnswer> found = probeFlights(narHash, name, fitting);
    return found.isPresent() || !rows(narHash, fitting).isEmpty() ? found : probeFile(name);
  }

  private Optional<NarAnswer> probeFlights(Sha256 narHash, NarFileName name, Fitting fitting)
      throws IOException {
    IOException trouble = null;
    List<NarInfoRow> rows = rows(narHash, fitting);
    for (NarInfoRow row : rows.subList(0, Math.min(rows.size(), ATTEMPTS))) {
      if (download.isInFlight(row)) {
        return Optional.of(answer(row, name, OptionalLong.empty()));
      }
      try {
        Optional<OptionalLong> found = download.probe(row, name.compression());
        if (found.isPresent()) {
          return Optional.of(answer(row, name, found.get()));
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

  /**
   * Asks the upstreams for a file by its name, which is the hash of its bytes and the entity tag.
   */
  private Optional<NarAnswer> probeFile(NarFileName name) throws IOException {
    return download
        .probe(name)
        .map(
            found ->
                found.compression() == name.compression()
                    ? new NarAnswer(found.length(), name.hash().map(Sha256::nix32).orElse(""))
                    : new NarAnswer(OptionalLong.empty(), ""));
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

  private NarAnswer answer(NarInfoRow row, NarFileName name, OptionalLong told) throws IOException {
    NarFile file = row.said().file();
    NarId nar = row.said().nar();
    if (name.compression() == Compression.NONE) {
      return new NarAnswer(OptionalLong.of(nar.sizeBytes()), nar.hash().nix32());
    }
    Long said = file.sizeBytes();
    OptionalLong length =
        told.isPresent() || said == null ? told : OptionalLong.of(said.longValue());
    Optional<String> hash = Optional.ofNullable(file.hash()).map(Sha256::nix32);
    return new NarAnswer(length, tags.of(nar.hash(), name, hash).orElse(""));
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

  private Optional<NarSource> fetch(Sha256 narHash, NarFileName name, Fitting fitting)
      throws IOException {
    Compression wanted = name.compression();
    Set<String> tried = new HashSet<>();
    Set<String> troubled = new HashSet<>();
    IOException trouble = null;
    while (tried.size() < ATTEMPTS) {
      Optional<NarInfoRow> next =
          rows(narHash, fitting).stream()
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

  private static Fitting fitting(Compression wanted) {
    return file -> wanted == Compression.NONE || wanted == file;
  }

  /** The narinfos of this NAR whose file fits, newest first. */
  private List<NarInfoRow> rows(Sha256 narHash, Fitting fitting) throws IOException {
    return database.findNarInfosOf(narHash).stream()
        .filter(row -> fitting.fits(row.said().file().compression()))
        .toList();
  }
}
