package narthex.serve;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.chunk.ChunkLostException;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.ingest.NarAbsentException;
import narthex.ingest.NarDownload;
import narthex.ingest.NarIngest;
import narthex.ingest.NarStoredListener;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.staging.InFlightRegistry;

/**
 * The only place that knows where a NAR comes from, and in which order: stored, in flight, fetched.
 *
 * <p>A name without a compression is served from any of them, decoded where needed; a name with one
 * is served only by a file of that compression. A stored form whose blobs are surely lost is
 * dropped and fetched again; an error of the storage is passed on. Thread-safe.
 */
public final class NarLookup implements NarStoredListener {
  private static final System.Logger LOG = System.getLogger(NarLookup.class.getName());

  /**
   * How many narinfos of one NAR are tried; an upstream may turn out to have it in another form.
   */
  private static final int ATTEMPTS = 4;

  private final Database database;
  private final StoredForms forms;
  private final InFlightRegistry flights;
  private final NarDownload download;
  private final NarFlights coming;
  private final NarIngest ingest;
  private final RememberedNars remembered = new RememberedNars();

  /** Looks in these places; whoever decodes for a client needs one of the slots. */
  public NarLookup(
      Database database,
      BlobStore blobs,
      InFlightRegistry flights,
      NarDownload download,
      NarIngest ingest,
      DecoderSlots slots) {
    this.database = database;
    this.forms = new StoredForms(database.chunks(), blobs, slots);
    this.flights = flights;
    this.download = download;
    this.coming = new NarFlights(download, database, ingest, slots);
    this.ingest = ingest;
  }

  /**
   * Finds a NAR to send, starting its download if need be; returns as soon as bytes are coming.
   *
   * @return empty if it surely cannot be had under this name
   * @throws IOException if it cannot be had just now
   */
  public Optional<NarSource> find(NarFileName name) throws IOException {
    Optional<NarSource> known = findRemembered(name);
    if (known.isPresent()) {
      return known;
    }
    Optional<Sha256> narHash = database.findNarByFileName(name.stem());
    if (narHash.isEmpty()) {
      return fetchFile(name);
    }
    Optional<NarSource> stored = findStored(narHash.get(), name);
    Optional<NarSource> found = stored.isPresent() ? stored : fetch(narHash.get(), name);
    boolean isUnsaid = found.isEmpty() && rows(narHash.get(), name.compression()).isEmpty();
    return isUnsaid ? fetchFile(name) : found;
  }

  /**
   * Whether the NAR that this file name means is stored in some form. Only a hint.
   *
   * @throws IOException if that cannot be told
   */
  public boolean isStored(NarFileName name) throws IOException {
    if (remembered.find(name.stem()) != null) {
      return true;
    }
    Optional<Sha256> narHash = database.findNarByFileName(name.stem());
    return narHash.isPresent() && database.findNar(narHash.get()).isPresent();
  }

  /** Looks for a file of which no narinfo is known (any more). */
  private Optional<NarSource> fetchFile(NarFileName name) throws IOException {
    try {
      Optional<NarSource> found = coming.follow(name);
      if (found.isPresent()) {
        return found;
      }
    } catch (NarAbsentException e) {
      LOG.log(Level.DEBUG, "nar file absent name={0} reason={1}", name.print(), e.getMessage());
    }
    Optional<Sha256> narHash = database.findNarByFileName(name.stem());
    return narHash.isEmpty() ? Optional.empty() : findStored(narHash.get(), name);
  }

  /**
   * Tells whether {@link #find} would give the NAR, reading no body.
   *
   * @return empty if it surely would not
   * @throws IOException if that cannot be told
   */
  public Optional<NarAnswer> probe(NarFileName name) throws IOException {
    Optional<Sha256> narHash = database.findNarByFileName(name.stem());
    if (narHash.isEmpty()) {
      return probeFile(name);
    }
    Optional<NarSource> stored = findStored(narHash.get(), name);
    if (stored.isPresent()) {
      return stored.map(NarLookup::answer);
    }
    IOException trouble = null;
    List<NarInfoRow> rows = rows(narHash.get(), name.compression());
    for (NarInfoRow row : rows.subList(0, Math.min(rows.size(), ATTEMPTS))) {
      if (flights.find(NarDownload.key(row)).isPresent()) {
        return Optional.of(answer(row, name.compression(), OptionalLong.empty()));
      }
      try {
        Optional<OptionalLong> found = download.probe(row);
        if (found.isPresent()) {
          return Optional.of(answer(row, name.compression(), found.get()));
        }
      } catch (IOException e) {
        trouble = e;
      }
    }
    if (trouble != null) {
      throw trouble;
    }
    return rows.isEmpty() ? probeFile(name) : Optional.empty();
  }

  /** The bytes under a name hash to its stem, unless they have to be decoded. */
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
   * Finds a NAR among what is stored, asking no upstream and changing nothing.
   *
   * @return empty if it surely is not stored under this name
   * @throws IOException if that cannot be told
   */
  public Optional<NarSource> findHere(NarFileName name) throws IOException {
    Optional<Sha256> narHash = database.findNarByFileName(name.stem());
    Optional<StoredNar> stored =
        narHash.isEmpty() ? Optional.empty() : database.findNar(narHash.get());
    if (stored.isEmpty()) {
      return Optional.empty();
    }
    Compression wanted = asPut(name, stored.get());
    for (Representation representation : StoredForms.fitting(stored.get(), wanted)) {
      try {
        return Optional.of(forms.source(stored.get(), representation, wanted, NarLookup::logLost));
      } catch (BlobLostException | ChunkLostException lost) {
        logLost(lost);
      }
    }
    return Optional.empty();
  }

  private static void logLost(IOException lost) {
    LOG.log(Level.ERROR, "stored nar is lost reason={0}", lost.getMessage());
  }

  /**
   * Tells whether a file need not be put here any more: {@link #findHere} would give it, or the NAR
   * in it is stored as chunks. Then nobody gets the compressed file, whose length is not known
   * here, but neither is anybody told of it.
   *
   * @return empty if it surely has to be put here
   * @throws IOException if that cannot be told
   */
  public Optional<NarAnswer> probeHere(NarFileName name) throws IOException {
    Optional<NarSource> found = findHere(name);
    if (found.isPresent()) {
      return found.map(NarLookup::answer);
    }
    Optional<Sha256> narHash = database.findNarByFileName(name.stem());
    boolean isChunked =
        narHash.isPresent()
            && database.findNar(narHash.get()).map(StoredNar::isChunked).orElse(false)
            && findHere(new NarFileName(name.stem(), Compression.NONE)).isPresent();
    return isChunked ? Optional.of(new NarAnswer(OptionalLong.empty(), "")) : Optional.empty();
  }

  private static NarAnswer answer(NarSource source) {
    return new NarAnswer(source.length(), source.entityTag().orElse(""));
  }

  private static NarAnswer answer(NarInfoRow row, Compression wanted, OptionalLong told) {
    NarFile file = row.said().file();
    NarId nar = row.said().nar();
    if (wanted == Compression.NONE) {
      return new NarAnswer(OptionalLong.of(nar.sizeBytes()), nar.hash().nix32());
    }
    Long said = file.sizeBytes();
    OptionalLong length =
        told.isPresent() || said == null ? told : OptionalLong.of(said.longValue());
    Sha256 hash = file.hash();
    return new NarAnswer(length, hash == null ? "" : hash.nix32());
  }

  @Override
  public void narChanged(Sha256 narHash) {
    remembered.forget(narHash);
  }

  @Override
  public void narInfoChanged(StorePathHash hash) {
    // nothing is remembered of narinfos
  }

  /** By memory alone; whatever is doubtful is left to the database. */
  private Optional<NarSource> findRemembered(NarFileName name) throws IOException {
    StoredNar nar = remembered.find(name.stem());
    if (nar == null) {
      return Optional.empty();
    }
    for (Representation representation : StoredForms.fitting(nar, name.compression())) {
      try {
        return Optional.of(
            forms.source(
                nar, representation, name.compression(), lost -> lose(nar, representation, lost)));
      } catch (BlobLostException | ChunkLostException gone) {
        remembered.forget(name.stem());
      }
    }
    return Optional.empty();
  }

  private Optional<NarSource> findStored(Sha256 narHash, NarFileName name) throws IOException {
    Optional<StoredNar> stored = database.findNar(narHash);
    if (stored.isEmpty()) {
      return Optional.empty();
    }
    for (Representation representation : StoredForms.fitting(stored.get(), name.compression())) {
      try {
        NarSource source =
            forms.source(
                stored.get(),
                representation,
                name.compression(),
                lost -> lose(stored.get(), representation, lost));
        remembered.remember(name.stem(), stored.get());
        return Optional.of(source);
      } catch (BlobLostException lost) {
        LOG.log(
            Level.ERROR,
            "stored nar is lost and will be fetched again hash={0} reason={1}",
            narHash.nix32(),
            lost.getMessage());
        ingest.drop(narHash, representation);
      } catch (ChunkLostException lost) {
        lose(stored.get(), representation, lost);
      }
    }
    return Optional.empty();
  }

  /**
   * Nix gives files in gzip no extension of their own: under the hash of such a file it was put,
   * and is asked for, as it is.
   */
  private static Compression asPut(NarFileName name, StoredNar nar) {
    boolean gzip =
        name.compression() == Compression.NONE
            && nar.representations().stream()
                .filter(one -> one.compression() == Compression.GZIP)
                .map(Representation::fileHash)
                .anyMatch(
                    hash -> name.stem().equals(hash.nix32()) || name.stem().equals(hash.base16()));
    return gzip ? Compression.GZIP : name.compression();
  }

  /** Records that a reading found chunks lost, so that the next request finds the NAR elsewhere. */
  private void lose(StoredNar nar, Representation representation, ChunkLostException lost) {
    LOG.log(
        Level.ERROR,
        "stored nar is damaged and will be fetched again hash={0} reason={1}",
        nar.id().hash().nix32(),
        lost.getMessage());
    try {
      ingest.drop(nar.id().hash(), representation, lost);
    } catch (IOException e) {
      LOG.log(Level.ERROR, "damage cannot be recorded reason={0}", e.toString());
    }
    remembered.forget(nar.id().hash());
  }

  private Optional<NarSource> fetch(Sha256 narHash, NarFileName name) throws IOException {
    Compression wanted = name.compression();
    Set<String> tried = new HashSet<>();
    Set<String> troubled = new HashSet<>();
    IOException trouble = null;
    while (tried.size() < ATTEMPTS) {
      Optional<NarInfoRow> next =
          rows(narHash, wanted).stream()
              .filter(row -> !tried.contains(place(row)) && !troubled.contains(upstream(row)))
              .findFirst();
      if (next.isEmpty()) {
        break;
      }
      tried.add(place(next.get()));
      try {
        Optional<NarSource> source = coming.follow(next.get(), wanted);
        source = source.isPresent() ? source : findStored(narHash, name);
        if (source.isEmpty()) { // it landed just now in a form that is not what is wanted here
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

  /** Where the file is that a narinfo names. */
  private static String place(NarInfoRow row) {
    return upstream(row) + " " + row.said().file().url();
  }

  private static String upstream(NarInfoRow row) {
    return Objects.requireNonNullElse(row.upstream(), "");
  }

  /** The narinfos that name a file of this NAR that can be sent as wanted, newest first. */
  private List<NarInfoRow> rows(Sha256 narHash, Compression wanted) throws IOException {
    return database.findNarInfosOf(narHash).stream()
        .filter(row -> wanted == Compression.NONE || wanted == row.said().file().compression())
        .toList();
  }
}
