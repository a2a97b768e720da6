package narthex.serve;

import java.util.List;
import java.util.Optional;
import narthex.db.NarInfoRow;
import narthex.nix.Sha256;

/**
 * Where a NAR was when a request asked for it, with the rows that were read to find out. Only a
 * hint, as it may change at any time.
 *
 * @param absent what is known of a NAR that was not stored in any form; empty if it was stored or
 *     if its name was unknown
 */
public record Sighting(Place place, Optional<Absent> absent) {
  /** A place of a NAR. */
  public enum Place {
    /** Stored in some form. */
    STORED,
    /** Not stored, but in flight, here or on another replica. */
    IN_FLIGHT,
    /** Neither. */
    NOWHERE
  }

  /** A NAR that was not stored, and its narinfos. */
  public record Absent(Sha256 narHash, List<NarInfoRow> narInfos) {}

  static final Sighting STORED = new Sighting(Place.STORED, Optional.empty());

  /** The sighting of a request that hasn't looked. */
  static final Sighting NONE = new Sighting(Place.NOWHERE, Optional.empty());

  /** The narinfos of this NAR, if it was not stored; its name may mean another NAR by now. */
  Optional<List<NarInfoRow>> narInfosOf(Sha256 narHash) {
    return absent.filter(nar -> nar.narHash().equals(narHash)).map(Absent::narInfos);
  }
}
