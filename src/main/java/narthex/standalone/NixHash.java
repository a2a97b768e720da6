package narthex.standalone;

import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;

/** Writes the SHA-256 hashes that Nix prints as narinfos have them: in nix32. */
final class NixHash {
  private static final String DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";
  private static final String PREFIX = "sha256";
  private static final int NIX32_LENGTH = 52;
  private static final int BASE16_LENGTH = 64;

  private NixHash() {}

  /**
   * Returns the nix32 characters of a hash.
   *
   * @param text {@code sha256:} with nix32, base16 or base64, or {@code sha256-} with base64
   * @throws IllegalArgumentException if it is anything else
   */
  static String nix32(String text) {
    if (!text.toLowerCase(Locale.ROOT).startsWith(PREFIX) || text.length() <= PREFIX.length() + 1) {
      throw new IllegalArgumentException("not a SHA-256: " + text);
    }
    String digits = text.substring(PREFIX.length() + 1);
    return switch (digits.length()) {
      case NIX32_LENGTH -> digits;
      case BASE16_LENGTH -> encode(HexFormat.of().parseHex(digits));
      default -> encode(Base64.getDecoder().decode(digits));
    };
  }

  /** Encodes bytes; see Nix, {@code src/libutil/hash.cc}. */
  static String encode(byte[] bytes) {
    int length = (bytes.length * 8 + 4) / 5;
    StringBuilder text = new StringBuilder(length);
    for (int n = length - 1; n >= 0; n--) {
      int at = n * 5 / 8;
      int shift = n * 5 % 8;
      int digit = (bytes[at] & 0xff) >> shift;
      if (at + 1 < bytes.length) {
        digit |= (bytes[at + 1] & 0xff) << (8 - shift);
      }
      text.append(DIGITS.charAt(digit & 31));
    }
    return text.toString();
  }
}
