package narthex.e2e;

import java.util.List;
import java.util.Map;
import narthex.nix.Sha256;

/**
 * A store path with everything it refers to.
 *
 * @param root the store path
 * @param narHashes the NarHash of every path, references before the paths that refer to them
 */
record Closure(String name, String root, Map<String, Sha256> narHashes) {
  /** All paths, references first. */
  List<String> paths() {
    return List.copyOf(narHashes.keySet());
  }

  @Override
  public String toString() {
    return name;
  }
}
