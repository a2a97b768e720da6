package narthex.ingest;

import java.io.IOException;
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
   * Asks the upstreams for a narinfo and keeps it.
   *
   * @return empty if every upstream surely has none
   * @throws IOException if that cannot be told, or not be kept
   */
  public Optional<NarInfoRow> fetch(StorePathHash hash) throws IOException {
    Optional<FoundNarInfo> found = upstreams.find(hash);
    return found.isEmpty() ? Optional.empty() : Optional.of(store(found.get()));
  }

  /** Keeps what an upstream said; returns the row as it is now. */
  NarInfoRow store(FoundNarInfo found) throws IOException {
    return database.storeNarInfo(
        new NarInfoRow(found.narInfo(), found.upstream(), stem(found.narInfo()), clock.instant()));
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
