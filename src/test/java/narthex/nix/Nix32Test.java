package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.HexFormat;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class Nix32Test {
  private static final String DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";

  @Property
  void decodingWhatWasEncodedGivesTheSameBytes(@ForAll @Size(max = 70) byte[] bytes) {
    assertArrayEquals(bytes, Nix32.decode(Nix32.encode(bytes)));
  }

  @Property
  void theTextIsTheLittleEndianNumberInBase32(@ForAll @Size(max = 70) byte[] bytes) {
    assertEquals(slowlyEncoded(bytes), Nix32.encode(bytes));
  }

  @Property
  void arbitraryTextIsDecodedOrRefused(@ForAll String text) {
    byte[] bytes;
    try {
      bytes = Nix32.decode(text);
    } catch (NixFormatException e) {
      return;
    }
    assertEquals(text, Nix32.encode(bytes));
  }

  @Example
  void theHashOfNothingIsWhatNixPrints() {
    String empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    String text = Nix32.encode(HexFormat.of().parseHex(empty));

    assertEquals("0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73", text);
  }

  @Test
  void lettersOutsideTheAlphabetAreRefused() {
    for (String letter : new String[] {"e", "o", "t", "u", "A", "-", "é", "Ā", "\0"}) {
      assertThrows(NixFormatException.class, () -> Nix32.decode("0".repeat(51) + letter), letter);
    }
  }

  @Test
  void lengthsThatNoBytesHaveAreRefused() {
    for (int length : new int[] {1, 3, 6, 9, 11, 51, 54}) {
      assertThrows(NixFormatException.class, () -> Nix32.decode("0".repeat(length)), "" + length);
    }
  }

  @Test
  void aNumberTooHighForTheBytesIsRefused() {
    assertThrows(NixFormatException.class, () -> Nix32.decode("2" + "0".repeat(51)));
    assertThrows(NixFormatException.class, () -> Nix32.decode("80"));
  }

  private static String slowlyEncoded(byte[] bytes) {
    byte[] bigEndian = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      bigEndian[i] = bytes[bytes.length - 1 - i];
    }
    BigInteger number = new BigInteger(1, bigEndian);
    StringBuilder text = new StringBuilder();
    for (int i = (bytes.length * 8 + 4) / 5 - 1; i >= 0; i--) {
      text.append(DIGITS.charAt(number.shiftRight(5 * i).intValue() & 31));
    }
    return text.toString();
  }
}
