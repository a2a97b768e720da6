package narthex.nix;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;

/**
 * Converts file names and link targets between bytes and text without loss. In a NAR they are byte
 * strings without zeros, nearly always UTF-8. In the text, U+0000 and the character U+0080 to
 * U+00FF with the value of the byte represent a byte that is not part of well-formed UTF-8. {@code
 * bytes(of(x))} equals {@code x} for all byte strings without zeros.
 */
public final class NarText {
  private static final char ESCAPE = '\0';
  private static final char FIRST_ESCAPED = 0x80;
  private static final char LAST_ESCAPED = 0xFF;

  /** Sorts surrogates after U+E000 to U+FFFF: UTF-8 encodes supplementary characters last. */
  private static final int SURROGATE_SHIFT = 0x2000;

  private static final int BEHIND_SURROGATES_SHIFT = -0x800;

  /** The order of the UTF-8 bytes: the order of NARs and listings as long as all is UTF-8. */
  public static final Comparator<String> ORDER = NarText::compare;

  private NarText() {}

  /** Converts bytes to text. */
  public static String of(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    return text.indexOf('\uFFFD') < 0 ? text : decode(bytes);
  }

  /** Converts text to bytes. */
  public static byte[] bytes(String text) {
    if (isUtf8(text)) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    int start = 0;
    for (int at = text.indexOf(ESCAPE); at >= 0; at = text.indexOf(ESCAPE, at + 1)) {
      if (isEscaped(text, at)) {
        bytes.writeBytes(text.substring(start, at).getBytes(StandardCharsets.UTF_8));
        bytes.write(text.charAt(at + 1));
        start = at + 2;
      }
    }
    bytes.writeBytes(text.substring(start).getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  /** Whether the text has no escaped byte, so that its bytes are UTF-8. */
  public static boolean isUtf8(String text) {
    return text.indexOf(ESCAPE) < 0;
  }

  /** Whether {@link #of} returns this text for some byte string without zeros. */
  static boolean isText(String text) {
    boolean isPlain = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ESCAPE && !isEscaped(text, i)) {
        return false;
      }
      isPlain &= c != ESCAPE && !Character.isSurrogate(c);
    }
    return isPlain || of(bytes(text)).equals(text);
  }

  private static boolean isEscaped(String text, int at) {
    return at + 1 < text.length()
        && text.charAt(at + 1) >= FIRST_ESCAPED
        && text.charAt(at + 1) <= LAST_ESCAPED;
  }

  private static String decode(byte[] bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(2 * bytes.length);
    while (decoder.decode(in, out, true).isError()) {
      out.put(ESCAPE).put((char) (in.get() & LAST_ESCAPED));
    }
    return out.flip().toString();
  }

  private static int compare(String one, String other) {
    int common = Math.min(one.length(), other.length());
    for (int i = 0; i < common; i++) {
      char a = one.charAt(i);
      char b = other.charAt(i);
      if (a != b) {
        return rank(a) - rank(b);
      }
    }
    return one.length() - other.length();
  }

  private static int rank(char c) {
    if (Character.isSurrogate(c)) {
      return c + SURROGATE_SHIFT;
    }
    return c > Character.MAX_SURROGATE ? c + BEHIND_SURROGATES_SHIFT : c;
  }
}
