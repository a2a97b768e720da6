package narthex.nix;

/**
 * A path in a Nix store: {@code <store directory>/<hash>-<name>}.
 *
 * <p>Source: Nix manual, "Store Path Specification", and {@code src/libstore/path.cc}.
 *
 * @param storeDir the absolute store directory without a slash at its end, usually {@code
 *     /nix/store}
 * @param hash the 32 characters before the dash
 * @param name 1 to 211 characters of {@code [0-9a-zA-Z+-._?=]}
 */
public record StorePath(String storeDir, StorePathHash hash, String name) {
  /**
   * Longest name that Nix accepts: the 255 characters of file systems minus hash, dash and room for
   * suffixes.
   */
  public static final int MAX_NAME_LENGTH = 211;

  private static final boolean[] NAME_CHARACTERS = nameCharacters();

  /**
   * Checks store directory and name.
   *
   * @throws NixFormatException if one of them is invalid
   */
  public StorePath {
    if (!isStoreDir(storeDir)) {
      throw new NixFormatException("not a store directory: '" + storeDir + "'");
    }
    if (!isName(name, 0)) {
      throw new NixFormatException("invalid name of a store path: '" + name + "'");
    }
  }

  /**
   * Parses a full path such as {@code /nix/store/<hash>-<name>}.
   *
   * @throws NixFormatException if the text is anything else
   */
  public static StorePath parse(String text) {
    int slash = text.lastIndexOf('/');
    int dash = slash + 1 + StorePathHash.LENGTH;
    if (slash < 0 || text.length() <= dash || text.charAt(dash) != '-') {
      throw new NixFormatException("not a store path: '" + text + "'");
    }
    return new StorePath(
        text.substring(0, slash),
        new StorePathHash(text.substring(slash + 1, dash)),
        text.substring(dash + 1));
  }

  /** {@code <hash>-<name>}. */
  public String baseName() {
    return hash.text() + '-' + name;
  }

  /** The full path. */
  public String print() {
    return storeDir + '/' + hash.text() + '-' + name;
  }

  @Override
  public String toString() {
    return print();
  }

  /** Whether the text is the base name of a store path. */
  static boolean isBaseName(String text) {
    return text.length() > StorePathHash.LENGTH
        && text.charAt(StorePathHash.LENGTH) == '-'
        && Nix32.isNix32(text, 0, StorePathHash.LENGTH)
        && isName(text, StorePathHash.LENGTH + 1);
  }

  /** Whether the text from this index on is a valid name of a store path or an output. */
  static boolean isName(String text, int from) {
    int length = text.length() - from;
    if (length < 1 || length > MAX_NAME_LENGTH) {
      return false;
    }
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 128 || !NAME_CHARACTERS[c]) {
        return false;
      }
    }
    return text.charAt(from) != '.' || !startsWithDotComponent(text, from);
  }

  /** Nix rejects the names ".", "..", and those that start with ".-" or "..-". */
  private static boolean startsWithDotComponent(String text, int from) {
    int end = from + 1;
    if (end < text.length() && text.charAt(end) == '.') {
      end++;
    }
    return end == text.length() || text.charAt(end) == '-';
  }

  /**
   * Whether this is an absolute directory in canonical form without white space, {@code ;} and
   * {@code ,}: these would make a fingerprint ambiguous.
   */
  private static boolean isStoreDir(String dir) {
    if (dir.length() < 2 || dir.charAt(0) != '/') {
      return false;
    }
    int segment = 1;
    for (int i = 1; i <= dir.length(); i++) {
      char c = i < dir.length() ? dir.charAt(i) : '/';
      if (c == '/') {
        if (isDotOrEmpty(dir, segment, i)) {
          return false;
        }
        segment = i + 1;
      } else if (c <= ' ' || c >= 127 || c == ';' || c == ',') {
        return false;
      }
    }
    return true;
  }

  private static boolean isDotOrEmpty(String dir, int from, int to) {
    return switch (to - from) {
      case 0 -> true;
      case 1 -> dir.charAt(from) == '.';
      case 2 -> dir.charAt(from) == '.' && dir.charAt(from + 1) == '.';
      default -> false;
    };
  }

  private static boolean[] nameCharacters() {
    boolean[] characters = new boolean[128];
    String all = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=";
    for (int i = 0; i < all.length(); i++) {
      characters[all.charAt(i)] = true;
    }
    return characters;
  }
}
