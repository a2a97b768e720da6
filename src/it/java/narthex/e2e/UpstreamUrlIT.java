package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarInfo;
import narthex.nix.SecretKey;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.UrlStyle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients get NARs with every style of upstream URL, from the upstream and from the store. */
class UpstreamUrlIT {
  private static final SecretKey KEY = SecretKey.generate("styles-1", new SecureRandom());

  static Stream<Arguments> styles() {
    return Arrays.stream(NixRelease.values())
        .flatMap(
            release -> Arrays.stream(UrlStyle.values()).map(style -> Arguments.of(release, style)));
  }

  @ParameterizedTest
  @MethodSource("styles")
  void aNarIsFoundUnderWhateverUrlItsUpstreamGivesIt(NixRelease release, UrlStyle style) {
    NarFixture fixture = NarFixture.random(11, 80_000, Compression.XZ);
    FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    NarFixture.Published published = fixture.publishTo(upstream, style, KEY);
    try (Scene scene = Scene.of(upstream, KEY.publicKey().print(), Map.of())) {
      substitute(scene, release, fixture);
      assertEquals(1, upstream.requests().count("GET", published.narTarget()));

      upstream.goDown();

      substitute(scene, release, fixture);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aNarInfoWithoutFileHashAndFileSizeIsTolerated(NixRelease release) {
    NarFixture fixture = NarFixture.random(12, 80_000, Compression.ZSTD);
    FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    NarInfo full = fixture.narInfo("nar/some.nar.zst", KEY);
    NarFile bare = new NarFile("nar/some.nar.zst", Compression.ZSTD, null, null);
    fixture.publishTo(upstream, "/nar/some.nar.zst", full.withFile(bare));
    try (Scene scene = Scene.of(upstream, KEY.publicKey().print(), Map.of())) {
      substitute(scene, release, fixture);
      upstream.goDown();

      substitute(scene, release, fixture);
    }
  }

  private static void substitute(Scene scene, NixRelease release, NarFixture fixture) {
    String path = fixture.storePath().print();
    NixClient client = scene.client(release, scene.server().publicKey());
    client.realise(path, scene.server().url()).expectSuccess();
    assertEquals(fixture.id().hash(), client.narHashes(List.of(path)).get(path));
    client.verifyContents().expectSuccess();
  }
}
