package narthex.nix;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Nix's variant of base 32, with the alphabet {@code 0123456789abcdfghijklmnpqrsvwxyz}. The text is
 * the byte string as one little-endian number, most significant digit first.
 *
 * <p>Source: Nix, {@code src/libutil/hash.cc}. Both directions work on groups: five bytes are eight
 * digits.
 */
public final class Nix32 {
  private static final byte[] DIGITS =
      "0123456789abcdfghijklmnpqrsvwxyz".getBytes(StandardCharsets.US_ASCII);

  /** The value of each ASCII character; -1 if it is not in the alphabet. */
  private static final byte[] VALUES = values();

  private Nix32() {}

  /** Encodes bytes as {@code ceil(bits / 5)} characters. */
  public static String encode(byte[] bytes) {
    byte[] text = new byte[(bytes.length * 8 + 4) / 5];
    int out = text.length;
    int from = 0;
    for (; from + 5 <= bytes.length; from += 5) {
      out -= 8;
      int low = (bytes[from] & 0xFF) | (bytes[from + 1] & 0xFF) << 8 | bytes[from + 2] << 16;
      int high =
          (bytes[from + 2] & 0xFF) >> 4 | (bytes[from + 3] & 0xFF) << 4 | bytes[from + 4] << 12;
      text[out + 7] = DIGITS[low & 31];
      text[out + 6] = DIGITS[low >> 5 & 31];
      text[out + 5] = DIGITS[low >> 10 & 31];
      text[out + 4] = DIGITS[low >> 15 & 31];
      text[out + 3] = DIGITS[high & 31];
      text[out + 2] = DIGITS[high >> 5 & 31];
      text[out + 1] = DIGITS[high >> 10 & 31];
      text[out] = DIGITS[high >> 15 & 31];
    }
    if (from < bytes.length) {
      int count = Math.min(5, bytes.length - from);
      long group = 0;
      for (int i = 0; i < count; i++) {
        group |= (bytes[from + i] & 0xFFL) << (8 * i);
      }
      for (int digits = Math.min(8, out); digits > 0; digits--) {
        text[--out] = DIGITS[(int) group & 31];
        group >>>= 5;
      }
    }
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  /**
   * Decodes a text.
   *
   * @throws NixFormatException if a character is not in the alphabet, no byte string encodes to
   *     this length, or the unused high bits are not zero
   */
  public static byte[] decode(String text) {
    return decode(text, 0, text.length());
  }

  /** Decodes the characters {@code [from, to)} like {@link #decode(String)}. */
  static byte[] decode(String text, int from, int to) {
    int length = to - from;
    byte[] bytes = new byte[(int) (length * 5L / 8)];
    if ((bytes.length * 8L + 4) / 5 != length) {
      throw new NixFormatException("not nix32: invalid length of " + length + " characters");
    }
    int out = 0;
    int in = to;
    while (in > from) {
      int digits = Math.min(8, in - from);
      long group = 0;
      for (int i = 0; i < digits; i++) {
        int value = value(text.charAt(--in));
        if (value < 0) {
          throw new NixFormatException("not nix32: '" + text.substring(from, to) + "'");
        }
        group |= (long) value << (5 * i);
      }
      for (int count = Math.min(5, bytes.length - out); count > 0; count--) {
        bytes[out++] = (byte) group;
        group >>>= 8;
      }
      if (group != 0) {
        throw new NixFormatException(
            "not nix32: unused bits are not zero: '" + text.substring(from, to) + "'");
      }
    }
    return bytes;
  }

  /** Whether all characters of {@code [from, to)} are in the alphabet. */
  static boolean isNix32(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (value(text.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
  }

  private static int value(char c) {
    return c < 128 ? VALUES[c] : -1;
  }

  private static byte[] values() {
    byte[] values = new byte[128];
    Arrays.fill(values, (byte) -1);
    for (int i = 0; i < DIGITS.length; i++) {
      values[DIGITS[i]] = (byte) i;
    }
    return values;
  }
}
