package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Sha256Test {
  private static final String NIX32 = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
  private static final String BASE16 =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  private static final String BASE64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

  @Test
  void allFormsThatNixWritesAreTheSameHash() {
    Sha256 hash = Sha256.parseNix32(NIX32);

    assertEquals(hash, Sha256.parse("sha256:" + NIX32));
    assertEquals(hash, Sha256.parse("sha256:" + BASE16));
    assertEquals(hash, Sha256.parse("sha256:" + BASE64));
    assertEquals(hash, Sha256.parse("sha256-" + BASE64));
    assertEquals(hash, Sha256.of(hash.bytes()));
    assertEquals(BASE16, hash.base16());
    assertEquals(NIX32, hash.nix32());
    assertEquals("sha256:" + NIX32, hash.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sha256",
        "sha256:",
        "sha256-",
        NIX32,
        "sha512:" + NIX32,
        "sha256-" + NIX32,
        "sha256-" + BASE16,
        "sha256:" + NIX32 + " ",
        "sha256:g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF==",
        "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
        "md5:1B2M2Y8AsgTpgAmY7PhCfg=="
      })
  void anythingElseIsRefused(String text) {
    assertThrows(NixFormatException.class, () -> Sha256.parse(text));
  }

  @Test
  void anArrayOfAnotherLengthIsRefused() {
    assertThrows(NixFormatException.class, () -> Sha256.of(new byte[31]));
    assertThrows(NixFormatException.class, () -> Sha256.parseNix32(NIX32.substring(1)));
  }

  @Test
  void changingTheArrayChangesNoHash() {
    byte[] bytes = new byte[32];
    Sha256 hash = Sha256.of(bytes);

    bytes[0] = 1;
    hash.bytes()[0] = 1;

    assertEquals(Sha256.of(new byte[32]), hash);
    assertNotEquals(Sha256.of(bytes), hash);
  }

  @Property
  void theOrderIsThatOfTheHexadecimalText(
      @ForAll @Size(32) byte[] left, @ForAll @Size(32) byte[] right) {
    Sha256 one = Sha256.of(left);
    Sha256 other = Sha256.of(right);

    assertEquals(
        Integer.signum(one.base16().compareTo(other.base16())),
        Integer.signum(one.compareTo(other)));
    assertEquals(one, Sha256.parse("sha256:" + one.base16()));
    assertEquals(one.hashCode(), Sha256.parse("sha256:" + one.nix32()).hashCode());
    assertTrue(one.equals(other) == (one.compareTo(other) == 0));
  }
}
