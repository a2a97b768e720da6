package narthex.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.SecureRandom;
import java.util.HexFormat;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.SecretKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NarFixtureTest {
  private final SecretKey key = SecretKey.generate("test-1", new SecureRandom());

  @Test
  void aFileIsWrittenInTheFormatOfNix() {
    String nar = HexFormat.of().formatHex(NarTree.file("hi").nar());

    assertEquals(
        "0d00000000000000"
            + "6e69782d617263686976652d31000000"
            + "0100000000000000"
            + "2800000000000000"
            + "0400000000000000"
            + "7479706500000000"
            + "0700000000000000"
            + "726567756c617200"
            + "0800000000000000"
            + "636f6e74656e7473"
            + "0200000000000000"
            + "6869000000000000"
            + "0100000000000000"
            + "2900000000000000",
        nar);
  }

  @ParameterizedTest
  @EnumSource(UrlStyle.class)
  void aPublishedNarIsFoundWhereItsNarInfoSays(UrlStyle style) throws Exception {
    try (FaultyUpstream upstream = FaultyUpstream.start()) {
      NarFixture fixture = NarFixture.random(3, 1000, Compression.XZ);
      NarFixture.Published published = fixture.publishTo(upstream, style, key);

      byte[] text = fetch(URI.create(upstream.url() + published.narInfoTarget()));
      NarInfo narInfo = NarInfo.parse(new String(text, UTF_8));
      URI nar = URI.create(upstream.url() + "/").resolve(narInfo.file().url());

      assertEquals(published.narInfo(), narInfo);
      assertTrue(key.publicKey().verify(narInfo.fingerprint(), narInfo.signatures().get(0)));
      assertArrayEquals(fixture.file(), fetch(nar));
    }
  }

  @ParameterizedTest
  @EnumSource(value = Compression.class, mode = EnumSource.Mode.EXCLUDE, names = "BR")
  void everyCompressionButBrotliCanBeMade(Compression compression) {
    NarFixture fixture = NarFixture.random(3, 100_000, compression);

    assertEquals(fixture.file().length, fixture.narInfo("nar/x").file().sizeBytes());
    assertEquals(compression == Compression.NONE, fixture.file().length == fixture.nar().length);
  }

  private static byte[] fetch(URI uri) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofByteArray()).body();
  }
}
