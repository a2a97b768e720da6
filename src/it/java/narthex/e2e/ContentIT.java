package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The clients, the content and the upstream work together without Narthex. */
class ContentIT {
  private static final NixContent CONTENT = NixContent.shared();

  static Stream<Arguments> closures() {
    List<Arguments> all = new ArrayList<>();
    for (NixRelease release : NixRelease.values()) {
      all.add(Arguments.of(release, CONTENT.chain(), Compression.XZ));
      all.add(Arguments.of(release, CONTENT.manyFiles(), Compression.XZ));
      all.add(Arguments.of(release, CONTENT.manyPaths(), Compression.XZ));
      all.add(Arguments.of(release, CONTENT.big(), Compression.ZSTD));
      for (Compression compression : Compression.values()) {
        all.add(Arguments.of(release, CONTENT.diamond(), compression));
        all.add(Arguments.of(release, CONTENT.oddities(), compression));
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("closures")
  void aClosureIsSubstitutedStraightFromTheUpstream(
      NixRelease release, Closure closure, Compression compression) {
    try (FaultyUpstream upstream = FaultyUpstream.start();
        NixClient client = NixClient.trusting(release, CONTENT.publicKey())) {
      upstream.putDirectory("/", CONTENT.binaryCache(closure, compression));

      client.realise(closure.root(), upstream.url()).expectSuccess();

      Substitution.assertComplete(client, closure);
      assertEquals(closure.paths().size(), upstream.requests().countGetsBelow("/nar/"));
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aClientThatDoesNotTrustTheKeySubstitutesNothing(NixRelease release) {
    Closure closure = CONTENT.diamond();
    try (FaultyUpstream upstream = FaultyUpstream.start();
        NixClient client = NixClient.trusting(release)) {
      upstream.putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));

      assertFalse(client.realise(closure.root(), upstream.url()).succeeded());
      assertFalse(client.has(closure.root()));
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aClientNoticesAFlippedByte(NixRelease release) {
    Closure closure = CONTENT.oddities();
    try (FaultyUpstream upstream = FaultyUpstream.start();
        NixClient client = NixClient.trusting(release, CONTENT.publicKey())) {
      upstream.putDirectory("/", CONTENT.binaryCache(closure, Compression.NONE));
      upstream.fail(
          request -> request.target().startsWith("/nar/"),
          Fault.flipByte(10_000),
          Integer.MAX_VALUE);

      assertFalse(client.realise(closure.root(), upstream.url()).succeeded());
      assertFalse(client.has(closure.root()));
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aClientRemembersNarInfosUntilItForgetsThem(NixRelease release) {
    Closure closure = CONTENT.diamond();
    try (FaultyUpstream upstream = FaultyUpstream.start();
        NixClient client = NixClient.trusting(release, CONTENT.publicKey())) {
      upstream.putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));
      client.realise(closure.root(), upstream.url()).expectSuccess();

      client.emptyStore();
      upstream.requests().clear();
      client.realise(closure.root(), upstream.url()).expectSuccess();
      assertTrue(upstream.requests().all().stream().allMatch(r -> r.target().startsWith("/nar/")));

      client.emptyStore();
      client.forgetNarInfos();
      upstream.requests().clear();
      client.realise(closure.root(), upstream.url()).expectSuccess();
      assertEquals(
          closure.paths().size(),
          upstream.requests().matching(r -> r.target().endsWith(".narinfo")).size());
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void fixturesMadeWithoutNixAreRealStorePaths(NixRelease release) {
    narthex.nix.SecretKey key =
        narthex.nix.SecretKey.generate("own-1", new java.security.SecureRandom());
    try (FaultyUpstream upstream = FaultyUpstream.start();
        NixClient client = NixClient.trusting(release, key.publicKey().print())) {
      NarFixture.publishCacheInfo(upstream, 40);
      NarFixture leaf = NarFixture.of("odd", OddTree.tree(), Compression.ZSTD);
      NarFixture root = NarFixture.random(5, 50_000, Compression.XZ).referring(leaf);
      leaf.publishTo(upstream, key);
      root.publishTo(upstream, key);

      client.realise(root.storePath().print(), upstream.url()).expectSuccess();

      assertEquals(
          leaf.id().hash(),
          client.narHashes(List.of(leaf.storePath().print())).get(leaf.storePath().print()));
      client.verifyContents().expectSuccess();
    }
  }
}
