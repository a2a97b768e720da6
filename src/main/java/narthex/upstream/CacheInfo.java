package narthex.upstream;

import org.jspecify.annotations.Nullable;

/**
 * The contents of a {@code nix-cache-info}. Unknown lines and a malformed priority are ignored.
 *
 * @param storeDir the store directory; null if missing
 * @param priority the priority, lower first; 0 if missing, the default of Nix (store-api.hh)
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

  /** Whether the text has a known line, unlike a page of HTML. */
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

  /** Whether the cache can have paths of this store directory. */
  boolean isFor(String wantedStoreDir) {
    return storeDir == null || storeDir.equals(wantedStoreDir);
  }
}
