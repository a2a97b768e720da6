package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NarFileNameTest {
  private static final String NIX32 = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
  private static final String BASE16 =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  @ParameterizedTest
  @EnumSource
  void everyCompressionHasItsExtension(Compression compression) {
    for (String stem : new String[] {NIX32, BASE16}) {
      NarFileName name = new NarFileName(stem, compression);

      assertEquals(stem + ".nar" + compression.extension(), name.print());
      assertEquals(name, NarFileName.parse(name.print()));
    }
    assertEquals(compression, Compression.parse(compression.nixName()));
    assertEquals(compression, Compression.ofExtension(compression.extension()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".nar",
        NIX32,
        NIX32 + ".narinfo",
        NIX32 + ".nar.",
        NIX32 + ".nar.zstd",
        NIX32 + ".nar.xz.xz",
        NIX32 + ".NAR",
        NIX32 + ".nar ",
        "0" + NIX32 + ".nar",
        "nar/" + NIX32 + ".nar",
        "e0000000000000000000000000000000000000000000000000000.nar",
        "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.nar",
        "../../../../../../../../../../../../../../../../etc.nar"
      })
  void anythingElseIsRefused(String text) {
    assertThrows(NixFormatException.class, () -> NarFileName.parse(text));
  }

  @Test
  void namesOfOtherCompressionsAreRefused() {
    for (String name : new String[] {"", "zst", "XZ", "lzip", "none "}) {
      assertThrows(NixFormatException.class, () -> Compression.parse(name));
    }
  }
}
