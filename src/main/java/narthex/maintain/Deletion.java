package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.db.PinRow;
import narthex.nix.DocumentName;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.store.StoredNars;

/**
 * Deletes store paths and NARs, with their listings. Never deletes a NAR that a narinfo still
 * references. Thread-safe.
 */
public final class Deletion {
  private static final System.Logger LOG = System.getLogger(Deletion.class.getName());

  /** Result of a deletion. */
  public enum Outcome {
    /** It was stored and is now deleted. */
    DELETED,
    /** It was not stored. */
    ABSENT,
    /** It was not deleted, because a narinfo references it. */
    IN_USE
  }

  private final Database database;
  private final StoredNars stored;
  private final Pins pins;
  private final InstantSource clock;

  /**
   * @param stored notifies its listeners of each deletion
   * @param pins keep paths from deletion
   */
  public Deletion(Database database, StoredNars stored, Pins pins, InstantSource clock) {
    this.database = database;
    this.stored = stored;
    this.pins = pins;
    this.clock = clock;
  }

  /**
   * Deletes a narinfo, and its NAR unless another narinfo references the same NAR.
   *
   * @return {@link Outcome#DELETED} or {@link Outcome#ABSENT}
   * @throws PathPinnedException if a pin keeps the path
   * @throws IOException if the database fails; the narinfo may be deleted and the NAR still stored,
   *     until {@link SweepNars} deletes it
   */
  public Outcome deletePath(StorePathHash hash) throws IOException {
    Optional<PinRow> pin = pins.findKeeper(hash);
    if (pin.isPresent() && database.findNarInfo(hash).isPresent()) {
      throw new PathPinnedException(hash, pin.get());
    }
    return deleteUnpinned(hash) ? Outcome.DELETED : Outcome.ABSENT;
  }

  /** Deletes a path like the other method; returns false if it is absent or pinned. */
  boolean deleteUnpinned(StorePathHash hash) throws IOException {
    Optional<NarInfoRow> row = database.findNarInfo(hash);
    if (row.isEmpty() || !stored.deleteNarInfo(hash)) {
      return false;
    }
    deleteListing(DocumentName.listing(hash));
    boolean unnamed = deleteUnnamed(row.get().said().nar().hash(), Instant.MAX);
    LOG.log(
        Level.INFO,
        "path deleted path={0} nar={1}",
        row.get().said().storePath().print(),
        unnamed ? "deleted" : "kept or absent");
    return true;
  }

  /**
   * Deletes all stored forms of a NAR, unless a narinfo references it.
   *
   * @throws IOException if the database fails
   */
  public Outcome deleteNar(NarFileName name) throws IOException {
    Optional<Sha256> narHash = database.findNarByFileName(name.stem());
    if (narHash.isEmpty()) {
      return Outcome.ABSENT;
    }
    if (deleteUnnamed(narHash.get(), Instant.MAX)) {
      LOG.log(Level.INFO, "nar deleted hash={0}", narHash.get().nix32());
      return Outcome.DELETED;
    }
    return database.findNar(narHash.get()).isPresent() ? Outcome.IN_USE : Outcome.ABSENT;
  }

  /**
   * Deletes a NAR that no narinfo references, and its listing. Returns false if the NAR is
   * referenced, not stored, or was stored again at {@code storedBefore} or later.
   */
  boolean deleteUnnamed(Sha256 narHash, Instant storedBefore) throws IOException {
    boolean deleted = stored.deleteUnnamed(narHash, storedBefore);
    if (deleted) {
      deleteListing(narHash);
    }
    return deleted;
  }

  /** Deletes the listing of a NAR that is no longer stored. */
  void deleteListing(Sha256 narHash) throws IOException {
    deleteListing(DocumentName.listing(narHash));
    stored.announce(narHash); // again, because the listing's blob is garbage now
  }

  /**
   * Deletes the listing's row and makes its blob garbage. A client that has opened the blob can
   * still read it.
   */
  private void deleteListing(DocumentName name) throws IOException {
    database.documents().delete(name, clock.instant());
  }
}
