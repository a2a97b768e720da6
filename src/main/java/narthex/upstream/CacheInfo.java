package narthex.upstream;

import org.jspecify.annotations.Nullable;

/**
 * What a {@code nix-cache-info} says. Unknown lines are skipped; a priority that is no number
 * counts as none.
 *
 * @param storeDir its store directory, null if it names none
 * @param priority lower first; 0 if it names none, as in Nix (store-api.hh)
 */
record CacheInfo(@Nullable String storeDir, int priority) {

  static CacheInfo parse(String text) {
    String storeDir = null;
    int priority = 0;
    for (String line : text.lines().toList()) {
      int colon = line.indexOf(':');
      String value = colon < 0 ? "" : line.substring(colon + 1).trim();
      switch (colon < 0 ? "" : line.substring(0, colon)) {
        case "StoreDir" -> storeDir = value;
        case "Priority" -> priority = number(value);
        default -> {}
      }
    }
    return new CacheInfo(storeDir, priority);
  }

  /** Whether the text says anything: a page of HTML does not. */
  static boolean isOne(String text) {
    return text.lines()
        .anyMatch(
            line ->
                line.startsWith("StoreDir:")
                    || line.startsWith("WantMassQuery:")
                    || line.startsWith("Priority:"));
  }

  private static int number(String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Whether a cache that says this can hold paths of the given store directory. */
  boolean isFor(String wantedStoreDir) {
    return storeDir == null || storeDir.equals(wantedStoreDir);
  }
}
