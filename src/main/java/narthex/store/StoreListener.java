package narthex.store;

import narthex.nix.Sha256;
import narthex.nix.StorePathHash;

/** Told when what is stored changed, after the commit. Called by any thread. */
public interface StoreListener {

  /** The NAR with this NarHash was stored, or a stored form of it was dropped. */
  void narChanged(Sha256 narHash);

  /** The narinfo of this path was put here by a client, or deleted. */
  void narInfoChanged(StorePathHash hash);
}
