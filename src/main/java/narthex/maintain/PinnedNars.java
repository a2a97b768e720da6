package narthex.maintain;

import java.io.IOException;
import narthex.nix.Sha256;

/** Knows which NARs are pinned, and so never evicted. Thread-safe. */
@FunctionalInterface
public interface PinnedNars {
  /** Nothing is pinned. */
  PinnedNars NONE = narHash -> false;

  /**
   * Returns whether the NAR is pinned.
   *
   * @throws IOException if that can't be told
   */
  boolean contains(Sha256 narHash) throws IOException;
}
