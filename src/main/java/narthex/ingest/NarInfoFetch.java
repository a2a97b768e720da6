package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.Optional;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.nix.NixFormatException;
import narthex.nix.StorePathHash;
import narthex.upstream.FoundNarInfo;
import narthex.upstream.Upstreams;

/** Brings narinfos from the upstreams into rows. Thread-safe. */
public final class NarInfoFetch {
  private static final System.Logger LOG = System.getLogger(NarInfoFetch.class.getName());

  private final Upstreams upstreams;
  private final Database database;
  private final InstantSource clock;

  /** Asks these upstreams and keeps what they say in this database. */
  public NarInfoFetch(Upstreams upstreams, Database database, InstantSource clock) {
    this.upstreams = upstreams;
    this.database = database;
    this.clock = clock;
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
    if (found.isEmpty()) {
      return Optional.empty();
    }
    NarInfoRow row = row(found.get());
    try {
      return Optional.of(database.storeNarInfo(row));
    } catch (IOException e) {
      LOG.log(Level.WARNING, "narinfo not kept hash={0} reason={1}", hash.text(), e.getMessage());
      return Optional.of(row);
    }
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
