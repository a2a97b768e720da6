package narthex.nix;

/**
 * The hash part of a store path: 32 nix32 characters that also name its narinfo.
 *
 * @param text the characters
 */
public record StorePathHash(String text) {
  /** Number of characters. */
  public static final int LENGTH = 32;

  /**
   * Checks the text.
   *
   * @throws NixFormatException if it is not 32 nix32 characters
   */
  public StorePathHash {
    if (text.length() != LENGTH || !Nix32.isNix32(text, 0, LENGTH)) {
      throw new NixFormatException("not a store path hash: '" + text + "'");
    }
  }

  /**
   * Parses 32 nix32 characters.
   *
   * @throws NixFormatException if the text is anything else
   */
  public static StorePathHash parse(String text) {
    return new StorePathHash(text);
  }

  @Override
  public String toString() {
    return text;
  }
}
