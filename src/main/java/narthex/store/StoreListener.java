package narthex.store;

import narthex.nix.Sha256;
import narthex.nix.StorePathHash;

/**
 * Notified of changes to stored NARs and narinfos, by this replica or another one. Called after the
 * commit; for changes of this replica, by the thread that made the change. Does nothing by default
 * about what few listeners keep.
 */
public interface StoreListener {

  /**
   * The stored forms of the NAR with this NarHash changed, or the hash of its frames became known.
   */
  void narChanged(Sha256 narHash);

  /**
   * The narinfo of this store path was uploaded or deleted, or changed by the search for its NAR.
   */
  default void narInfoChanged(StorePathHash hash) {}

  /**
   * A file name means another NAR now, as a file with this hash was verified. Narinfos of other
   * NARs no longer advertise it.
   *
   * @param stem the name before {@code .nar}
   */
  default void nameChanged(String stem) {}

  /** Any NARs and narinfos may have changed. */
  void anyChanged();
}
