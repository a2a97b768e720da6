package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
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
 * Brings narinfos from the upstreams into rows, and tells which rows may be served. An upstream
 * that sent a wrong file of a NAR is passed over for that path while another has it. Thread-safe.
 */
public final class NarInfoFetch {
  private static final System.Logger LOG = System.getLogger(NarInfoFetch.class.getName());

  private final Upstreams upstreams;
  private final Database database;
  private final InstantSource clock;
  private final WrongSources wrong;

  /** Asks these upstreams and keeps what they say in this database. */
  public NarInfoFetch(Upstreams upstreams, Database database, InstantSource clock) {
    this.upstreams = upstreams;
    this.database = database;
    this.clock = clock;
    this.wrong = new WrongSources(clock);
  }

  /**
   * Asks the upstreams for a narinfo and keeps it. One that cannot be kept, as when the disk of the
   * database is full, is an answer all the same: clients remember an absence for an hour.
   *
   * @return empty if every upstream surely has none
   * @throws IOException if that cannot be told
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

  /** Who sent something wrong. */
  WrongSources wrongSources() {
    return wrong;
  }

  /**
   * Whether this row may be served: a client uploaded it, or an upstream as it is set now vouches
   * for it. An upstream or a key that was removed from the settings vouches for nothing.
   */
  public boolean isVouchedFor(NarInfoRow row) {
    String base = row.upstream();
    return base == null || upstreams.vouchFor(row.said(), base);
  }

  /** Notes that what this row says turned out wrong: it is asked upstream before it is served. */
  void outdate(NarInfoRow row) throws IOException {
    database.outdateNarInfo(row);
  }

  /** Keeps what a file turned out to be; it is handed out under its own hash. */
  void correct(NarInfo said, String upstream, NarFile actual) throws IOException {
    Sha256 hash = actual.hash();
    database.storeNarInfo(
        new NarInfoRow(
            said.withFile(actual),
            upstream,
            hash == null ? stem(said) : hash.nix32(),
            clock.instant()));
  }

  /** Keeps what an upstream said; returns the row as it is now. */
  NarInfoRow store(FoundNarInfo found) throws IOException {
    return database.storeNarInfo(row(found));
  }

  private NarInfoRow row(FoundNarInfo found) {
    return new NarInfoRow(
        found.narInfo(), found.upstream(), stem(found.narInfo()), clock.instant());
  }

  /**
   * The stem of the file name that clients are given: the upstream's own if it is a conventional
   * hash, so that a client which knows the upstream's URL finds the NAR here too; else the NarHash.
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
