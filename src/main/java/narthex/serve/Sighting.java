package narthex.serve;

import java.util.List;
import java.util.Optional;
import narthex.db.NarInfoRow;

/**
 * Where a NAR was when a request asked for it, with the rows that were read to find out. Only a
 * hint, as it may change at any time.
 *
 * @param rows the narinfos of a NAR that was not stored in any form; empty if it was stored or if
 *     its name was unknown
 */
public record Sighting(Place place, Optional<List<NarInfoRow>> rows) {
  /** A place of a NAR. */
  public enum Place {
    /** Stored in some form. */
    STORED,
    /** Not stored, but in flight, here or on another replica. */
    IN_FLIGHT,
    /** Neither. */
    NOWHERE
  }

  static final Sighting STORED = new Sighting(Place.STORED, Optional.empty());

  /** A NAR that isn't stored. */
  static Sighting absent(boolean isInFlight, Optional<List<NarInfoRow>> rows) {
    return new Sighting(isInFlight ? Place.IN_FLIGHT : Place.NOWHERE, rows);
  }
}
