package narthex.nix;

import java.util.Arrays;
import java.util.Base64;

/**
 * A key or signature in Nix's text form, {@code name:base64}. The record doesn't copy the array;
 * callers must never change it.
 *
 * <p>Source: Nix, {@code src/libutil/signature/local-keys.cc}.
 */
record KeyText(String name, byte[] bytes) {
  /**
   * Parses {@code name:base64}.
   *
   * @param byteCount the required number of decoded bytes
   * @param what the name of the thing for exception messages
   * @throws NixFormatException if the text is anything else; the message never shows the text after
   *     the colon, which may be secret
   */
  static KeyText parse(String text, int byteCount, String what) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new NixFormatException("not a " + what + ": expected name:base64, found no colon");
    }
    String name = checkName(text.substring(0, colon), what);
    return new KeyText(name, parseBase64(text.substring(colon + 1), byteCount, what));
  }

  /** {@code name:base64}; reveals a secret key. */
  String print() {
    return name + ":" + Base64.getEncoder().encodeToString(bytes);
  }

  /**
   * Returns the name after checking it.
   *
   * @throws NixFormatException if the name is empty or has a character other than printable ASCII
   *     without white space and colon
   */
  static String checkName(String name, String what) {
    boolean right = !name.isEmpty();
    for (int i = 0; right && i < name.length(); i++) {
      char c = name.charAt(i);
      right = c > ' ' && c < 127 && c != ':';
    }
    if (!right) {
      throw new NixFormatException("invalid name of a " + what + ": '" + name + "'");
    }
    return name;
  }

  static byte[] parseBase64(String base64, int byteCount, String what) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new NixFormatException("not a " + what + ": invalid base64");
    }
    if (bytes.length != byteCount) {
      throw new NixFormatException(
          "not a " + what + ": expected " + byteCount + " bytes, found " + bytes.length);
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
