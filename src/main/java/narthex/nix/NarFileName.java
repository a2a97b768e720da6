package narthex.nix;

import java.util.Optional;

/**
 * The conventional name of a NAR file: {@code <stem>.nar}, followed by the extension of its
 * compression.
 *
 * @param stem 52 nix32 characters or 64 lower-case hexadecimal digits
 * @param compression the compression method that the extension stands for
 */
public record NarFileName(String stem, Compression compression) {
  private static final String NAR = ".nar";
  private static final int NIX32_LENGTH = 52;
  private static final int BASE16_LENGTH = 64;

  /**
   * Checks the stem.
   *
   * @throws NixFormatException if it has another length or another character
   */
  public NarFileName {
    if (!isStem(stem)) {
      throw new NixFormatException("invalid stem of a NAR file name: '" + stem + "'");
    }
  }

  /**
   * Parses {@code <stem>.nar[.ext]} without a directory.
   *
   * @throws NixFormatException if the text is anything else
   */
  public static NarFileName parse(String text) {
    int dot = text.indexOf('.');
    if (dot < 0 || !text.startsWith(NAR, dot)) {
      throw new NixFormatException("not a NAR file name: '" + text + "'");
    }
    return new NarFileName(
        text.substring(0, dot), Compression.ofExtension(text.substring(dot + NAR.length())));
  }

  /** The stem as a hash; empty if its 52 nix32 characters exceed 256 bits. */
  public Optional<Sha256> hash() {
    try {
      return Optional.of(
          stem.length() == NIX32_LENGTH ? Sha256.parseNix32(stem) : Sha256.parse("sha256:" + stem));
    } catch (NixFormatException e) {
      return Optional.empty();
    }
  }

  /** Whether the stem is this hash, in nix32 or base16. */
  public boolean isNamedBy(Sha256 hash) {
    return stem.equals(hash.nix32()) || stem.equals(hash.base16());
  }

  /** The name of the uncompressed NAR with the same stem. */
  public NarFileName uncompressed() {
    return new NarFileName(stem, Compression.NONE);
  }

  /** The file name without a directory. */
  public String print() {
    return stem + NAR + compression.extension();
  }

  @Override
  public String toString() {
    return print();
  }

  private static boolean isStem(String stem) {
    return switch (stem.length()) {
      case NIX32_LENGTH -> Nix32.isNix32(stem, 0, NIX32_LENGTH);
      case BASE16_LENGTH -> isBase16(stem);
      default -> false;
    };
  }

  private static boolean isBase16(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }
}
