package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NarTextTest {
  @Property
  void noByteIsLost(@ForAll("nearUtf8") byte[] bytes) {
    assertArrayEquals(bytes, NarText.bytes(NarText.of(bytes)));
  }

  @Property
  void utf8IsItself(@ForAll("utf8") String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    assertEquals(text, NarText.of(bytes));
    assertArrayEquals(bytes, NarText.bytes(text));
  }

  @Property
  void theOrderIsThatOfTheBytes(@ForAll("utf8") String one, @ForAll("utf8") String other) {
    int expected = Arrays.compareUnsigned(NarText.bytes(one), NarText.bytes(other));
    assertEquals(Integer.signum(expected), Integer.signum(NarText.ORDER.compare(one, other)));
  }

  @Property
  void onlyWhatBytesGiveIsText(@ForAll("nearText") String text) {
    boolean zeros = new String(NarText.bytes(text), StandardCharsets.ISO_8859_1).indexOf(0) >= 0;
    boolean same = NarText.of(NarText.bytes(text)).equals(text);
    assertEquals(same && !zeros, NarText.isText(text));
  }

  @Property
  void whatIsNotUtf8IsSaid(@ForAll("nearUtf8") byte[] bytes) {
    boolean isUtf8 =
        Arrays.equals(
            bytes, new String(bytes, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8));
    assertEquals(isUtf8, NarText.isUtf8(NarText.of(bytes)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\uFFFD", "a\uFFFDb", "\uD83D\uDE00", "\uFFFF", ""})
  void textThatLooksLikeTroubleIsItself(String text) {
    assertEquals(text, NarText.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Provide
  Arbitrary<String> utf8() {
    return Arbitraries.oneOf(
        Arbitraries.of("a", "b", "é", "\uFFFD", "\uE000", "\uD83D\uDE00", "\uD83D\uDE01", "")
            .list()
            .ofMaxSize(4)
            .map(parts -> String.join("", parts)),
        Arbitraries.strings()
            .map(
                text ->
                    new String(
                        text.replace("\0", "").getBytes(StandardCharsets.UTF_8),
                        StandardCharsets.UTF_8)));
  }

  @Provide
  Arbitrary<String> nearText() {
    return Arbitraries.of(
            "a", "\0", "\0\u0080", "\0\u00FF", "\0\u00C3", "\0\u00A9", "\uD83D", "\uDE00")
        .list()
        .ofMaxSize(4)
        .map(parts -> String.join("", parts));
  }

  /** Pieces of valid and invalid UTF-8, including surrogates and overlong encodings. */
  @Provide
  Arbitrary<byte[]> nearUtf8() {
    int[] values = {
      'a', 0x80, 0xBF, 0xC0, 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0xF0, 0x9F, 0x98, 0xF4, 0xFF
    };
    return Arbitraries.integers()
        .between(0, values.length - 1)
        .list()
        .ofMaxSize(12)
        .map(
            list -> {
              byte[] bytes = new byte[list.size()];
              for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) values[list.get(i)];
              }
              return bytes;
            });
  }
}
