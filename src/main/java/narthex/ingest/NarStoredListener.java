package narthex.ingest;

import narthex.nix.Sha256;

/** Told when what is stored of a NAR changed, after the commit. Called by any thread. */
@FunctionalInterface
public interface NarStoredListener {

  /** The NAR with this NarHash was stored, or a stored form of it was dropped. */
  void narChanged(Sha256 narHash);
}
