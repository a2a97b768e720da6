package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.nix.NixFormatException;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.upstream.FoundNarInfo;
import narthex.upstream.Upstreams;

/**
 * Fetches narinfos from the upstreams, stores them, and decides which rows may be served. Prefers
 * other upstreams to one that recently sent a corrupt file of the NAR. Thread-safe.
 */
public final class NarInfoFetch {
  private static final System.Logger LOG = System.getLogger(NarInfoFetch.class.getName());

  private final Upstreams upstreams;
  private final Database database;
  private final InstantSource clock;
  private final WrongSources wrong;

  /** Fetches from these upstreams and stores in this database. */
  public NarInfoFetch(Upstreams upstreams, Database database, InstantSource clock) {
    this.upstreams = upstreams;
    this.database = database;
    this.clock = clock;
    this.wrong = new WrongSources(clock);
  }

  /**
   * Fetches a narinfo and stores it. Returns it even if storing fails, for example because the
   * database's disk is full: clients would cache a 404 for an hour.
   *
   * @return empty if every upstream answered that it has none
   * @throws IOException if none was found and an upstream failed
   */
  public Optional<NarInfoRow> fetch(StorePathHash hash) throws IOException {
    Optional<FoundNarInfo> found = upstreams.find(hash);
    if (found.isPresent() && isWrong(found.get())) {
      Optional<FoundNarInfo> other =
          upstreams.findAll(hash).found().stream().filter(one -> !isWrong(one)).findFirst();
      found = other.isPresent() ? other : found;
    }
    if (found.isEmpty()) {
      return Optional.empty();
    }
    NarInfoRow row = row(found.get());
    try {
      return Optional.of(database.storeNarInfo(row));
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "could not store narinfo hash={0} reason={1}",
          hash.text(),
          e.getMessage());
      return Optional.of(row);
    }
  }

  private boolean isWrong(FoundNarInfo found) {
    return wrong.contains(found.upstream(), WrongSources.name(found.narInfo().nar()));
  }

  /** The upstreams that recently sent corrupt files. */
  WrongSources wrongSources() {
    return wrong;
  }

  /**
   * Whether this row may be served: a client uploaded it, or the current settings trust it: a key
   * that they trust signed it, or its upstream is still configured and needs no signatures.
   */
  public boolean isVouchedFor(NarInfoRow row) {
    String base = row.upstream();
    return base == null || upstreams.vouchFor(row.said(), base);
  }

  /** Whether the upstreams were last asked for a row longer ago than this. */
  public boolean isOlder(NarInfoRow row, Duration age) {
    return row.checkedAt().plus(age).isBefore(clock.instant());
  }

  /** Marks a row as outdated: the upstreams are asked again before it is served. */
  void outdate(NarInfoRow row) throws IOException {
    database.outdateNarInfo(row);
  }

  /**
   * Stores a narinfo with the actual FileHash and FileSize, and the FileHash as stem of the name.
   */
  void correct(NarInfo said, String upstream, NarFile actual) throws IOException {
    Sha256 hash = actual.hash();
    database.storeNarInfo(
        new NarInfoRow(
            said.withFile(actual),
            upstream,
            hash == null ? stem(said) : hash.nix32(),
            clock.instant()));
  }

  /** Stores an upstream's narinfo; returns the row that is stored now. */
  NarInfoRow store(FoundNarInfo found) throws IOException {
    return database.storeNarInfo(row(found));
  }

  private NarInfoRow row(FoundNarInfo found) {
    return new NarInfoRow(
        found.narInfo(), found.upstream(), stem(found.narInfo()), clock.instant());
  }

  /**
   * The stem of the file name in served narinfos. It is the upstream's stem if that is a hash, so
   * that clients that cached the upstream's narinfo find the file here; else it is the NarHash.
   */
  static String stem(NarInfo narInfo) {
    String path = narInfo.file().url();
    int query = path.indexOf('?');
    String name = query < 0 ? path : path.substring(0, query);
    try {
      return NarFileName.parse(name.substring(name.lastIndexOf('/') + 1)).stem();
    } catch (NixFormatException unconventional) {
      return narInfo.nar().hash().nix32();
    }
  }
}
