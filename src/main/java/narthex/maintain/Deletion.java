package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.Optional;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.nix.DocumentName;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.store.StoredNars;

/**
 * Takes store paths and NARs out, and the listings of them. A NAR that a narinfo is of always
 * stays, so that no narinfo that was served loses its NAR. Thread-safe.
 */
public final class Deletion {
  private static final System.Logger LOG = System.getLogger(Deletion.class.getName());

  /** What became of a wish. */
  public enum Outcome {
    /** It was here and is gone. */
    DELETED,
    /** It was not here. */
    ABSENT,
    /** It is here and stays, because a narinfo is of it. */
    IN_USE
  }

  private final Database database;
  private final StoredNars stored;
  private final InstantSource clock;

  /** Deletes from these, which tell their listeners. */
  public Deletion(Database database, StoredNars stored, InstantSource clock) {
    this.database = database;
    this.stored = stored;
    this.clock = clock;
  }

  /**
   * Deletes a narinfo, and its NAR unless another narinfo is of the same one.
   *
   * @return deleted or absent
   * @throws IOException if it cannot be deleted just now; the narinfo may be gone and the NAR still
   *     there, which the sweep then finds
   */
  public Outcome deletePath(StorePathHash hash) throws IOException {
    Optional<NarInfoRow> row = database.findNarInfo(hash);
    if (row.isEmpty()) {
      return Outcome.ABSENT;
    }
    stored.deleteNarInfo(hash);
    deleteListing(DocumentName.listing(hash));
    boolean unnamed = deleteUnnamed(row.get().said().nar().hash());
    LOG.log(
        Level.INFO,
        "path deleted path={0} nar={1}",
        row.get().said().storePath().print(),
        unnamed ? "deleted" : "kept or absent");
    return Outcome.DELETED;
  }

  /**
   * Deletes all that is stored of a NAR, unless a narinfo is of it.
   *
   * @throws IOException if it cannot be deleted just now
   */
  public Outcome deleteNar(NarFileName name) throws IOException {
    Optional<Sha256> narHash = database.findNarByFileName(name.stem());
    if (narHash.isEmpty()) {
      return Outcome.ABSENT;
    }
    if (deleteUnnamed(narHash.get())) {
      LOG.log(Level.INFO, "nar deleted hash={0}", narHash.get().nix32());
      return Outcome.DELETED;
    }
    return database.findNar(narHash.get()).isPresent() ? Outcome.IN_USE : Outcome.ABSENT;
  }

  /** Deletes a NAR that no narinfo is of, with the listing made from it; false if it stays. */
  boolean deleteUnnamed(Sha256 narHash) throws IOException {
    boolean deleted = stored.deleteUnnamed(narHash);
    if (deleted) {
      deleteListing(DocumentName.listing(narHash));
      stored.announce(narHash); // once more, for what was just added to the garbage
    }
    return deleted;
  }

  /** Its blob is garbage from now on; a client that is reading it can go on. */
  private void deleteListing(DocumentName name) throws IOException {
    database.documents().delete(name, clock.instant());
  }
}
