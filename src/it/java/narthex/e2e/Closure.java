package narthex.e2e;

import java.util.List;
import java.util.Map;
import narthex.nix.Sha256;

/**
 * A store path with everything it refers to.
 *
 * @param root the path to be substituted
 * @param narHashes of every path, references before those that refer to them
 */
record Closure(String name, String root, Map<String, Sha256> narHashes) {
  /** All its paths, references first. */
  List<String> paths() {
    return List.copyOf(narHashes.keySet());
  }

  @Override
  public String toString() {
    return name;
  }
}
