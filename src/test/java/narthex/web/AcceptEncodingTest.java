package narthex.web;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AcceptEncodingTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "zstd",
        "ZSTD",
        "deflate, gzip, br, zstd", // as curl, and so Nix, sends it
        "gzip;q=1.0, zstd;q=0.1",
        "zstd ; Q=0.5",
        "zstd;q=0.5, identity;q=0.5",
        "zstd, *;q=0",
        "zstd, identity;q=0",
        "zstd;q=1, *;q=1"
      })
  void aClientThatLikesZstdAtLeastAsMuchGetsIt(String header) {
    assertTrue(AcceptEncoding.prefersZstd(header));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "identity",
        "gzip",
        "*",
        "zstd;q=0",
        "zstd;q=0.000",
        "zstd;q=0.4, identity",
        "zstd;q=0.4, identity;q=0.5",
        "zstd;q=0.4, *;q=0.5",
        "zstd;q=2",
        "zstd;q=-1",
        "zstd;q=NaN",
        "zstd;q=",
        "zstd;q=x",
        "zstdx",
        "x-zstd",
        ";zstd"
      })
  void everyOtherClientGetsTheBytesAsTheyAre(String header) {
    assertFalse(AcceptEncoding.prefersZstd(header));
  }

  @Test
  void noHeaderIsNoWish() {
    assertFalse(AcceptEncoding.prefersZstd(null));
  }

  @Property
  void theHigherWeightWinsAndATieGoesToZstd(
      @ForAll @IntRange(max = 1000) int zstd, @ForAll @IntRange(max = 1000) int identity) {
    String header = "identity;q=%s, zstd;q=%s".formatted(identity / 1000.0, zstd / 1000.0);

    assertTrue(AcceptEncoding.prefersZstd(header) == (zstd > 0 && zstd >= identity), header);
  }

  @Property
  void noTextIsAnException(@ForAll @StringLength(max = 40) String text) {
    AcceptEncoding.prefersZstd(text);
    AcceptEncoding.prefersZstd("zstd;" + text);
  }
}
