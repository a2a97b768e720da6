package narthex.nix;

import java.util.Arrays;
import java.util.Base64;

/**
 * The text form that Nix gives keys and signatures: {@code name:base64}. Immutable: takes the array
 * over, which nobody changes.
 *
 * <p>Source: Nix, {@code src/libutil/signature/local-keys.cc}.
 */
record KeyText(String name, byte[] bytes) {
  /**
   * Parses {@code name:base64} with exactly this many bytes.
   *
   * @throws NixFormatException if the text is anything else; the message never repeats the text
   *     behind the colon, which may be secret
   */
  static KeyText parse(String text, int byteCount, String what) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new NixFormatException("a " + what + " is name:base64, but there is no colon");
    }
    String name = checkName(text.substring(0, colon), what);
    return new KeyText(name, parseBase64(text.substring(colon + 1), byteCount, what));
  }

  /** {@code name:base64}: of a secret key the secret itself. */
  String print() {
    return name + ":" + Base64.getEncoder().encodeToString(bytes);
  }

  /** Returns the name if it is one: not empty, printable ASCII without white space and colon. */
  static String checkName(String name, String what) {
    boolean right = !name.isEmpty();
    for (int i = 0; right && i < name.length(); i++) {
      char c = name.charAt(i);
      right = c > ' ' && c < 127 && c != ':';
    }
    if (!right) {
      throw new NixFormatException("not the name of a " + what + ": '" + name + "'");
    }
    return name;
  }

  static byte[] parseBase64(String base64, int byteCount, String what) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new NixFormatException("a " + what + " that is not base64");
    }
    if (bytes.length != byteCount) {
      throw new NixFormatException(
          "a " + what + " has " + byteCount + " bytes, but " + bytes.length + " came");
    }
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyText that
        && name.equals(that.name)
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return name + ":…";
  }
}
