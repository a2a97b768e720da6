package narthex.maintain;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import narthex.nix.Sha256;

/** One kind of work on single NARs that no request waits for. Thread-safe. */
public interface Chore {
  /** What it does, as a word for the log: "chunked". */
  String done();

  /**
   * Finds NARs that wait for it, in the order of their hashes.
   *
   * @param after only those with greater hashes; empty from the first on
   * @param most how many at most
   * @throws IOException if that cannot be told just now
   */
  List<Sha256> find(Optional<Sha256> after, int most) throws IOException;

  /**
   * Does it; what is done already, or not to be done any more, is left.
   *
   * @return whether anything was done
   * @throws IOException if it cannot be done just now; nothing is left of it then
   */
  boolean run(Sha256 narHash) throws IOException;
}
