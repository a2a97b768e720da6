package narthex.nix;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;

/**
 * File names and link targets as text. In a NAR they are bytes, nearly always UTF-8; each byte that
 * is not part of well-formed UTF-8 becomes the lone surrogate U+DC00 + byte here, so that nothing
 * is lost: {@code bytes(of(x))} equals {@code x} for all bytes.
 */
public final class NarText {
  private static final int ESCAPE = 0xDC00;
  private static final int FIRST_NON_ASCII = 0x80;
  private static final int LAST_BYTE = 0xFF;

  /** What moves surrogates behind the other characters, as in UTF-8. */
  private static final int SURROGATE_SHIFT = 0x2000;

  private static final int BEHIND_SURROGATES_SHIFT = -0x800;

  /** The order of the bytes in UTF-8, which is the order of a NAR and of a listing. */
  public static final Comparator<String> ORDER = NarText::compare;

  private NarText() {}

  /** The text of these bytes. */
  public static String of(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    return text.indexOf('\uFFFD') < 0 ? text : decode(bytes);
  }

  /** The bytes of this text; a surrogate that no byte was escaped by becomes {@code ?}. */
  public static byte[] bytes(String text) {
    if (isUtf8(text)) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    ByteBuffer bytes = ByteBuffer.allocate(text.length() * 3);
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (isEscape(c)) {
        bytes.put(text.substring(start, i).getBytes(StandardCharsets.UTF_8));
        bytes.put((byte) (c - ESCAPE));
        start = i + 1;
      }
    }
    bytes.put(text.substring(start).getBytes(StandardCharsets.UTF_8));
    byte[] exact = new byte[bytes.position()];
    bytes.flip().get(exact);
    return exact;
  }

  /** Whether the bytes of this text are UTF-8: it has no surrogate without its other half. */
  public static boolean isUtf8(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || ++i == text.length()
            || !Character.isLowSurrogate(text.charAt(i))) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isEscape(char c) {
    return c >= ESCAPE + FIRST_NON_ASCII && c <= ESCAPE + LAST_BYTE;
  }

  private static String decode(byte[] bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (!result.isError()) {
        return out.flip().toString();
      }
      out.put((char) (ESCAPE + (in.get() & LAST_BYTE)));
    }
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
