package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.StorePath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Closures are substituted through Narthex into an empty store: first from the upstream, then
 * without it.
 */
class ClosureSubstitutionIT {
  private static final NixContent CONTENT = NixContent.shared();

  static Stream<Arguments> closures() {
    List<Arguments> all = new ArrayList<>();
    for (NixRelease release : NixRelease.values()) {
      all.add(Arguments.of(release, CONTENT.chain(), Compression.XZ));
      all.add(Arguments.of(release, CONTENT.diamond(), Compression.XZ));
      all.add(Arguments.of(release, CONTENT.manyFiles(), Compression.XZ));
      all.add(Arguments.of(release, CONTENT.manyPaths(), Compression.XZ));
      all.add(Arguments.of(release, CONTENT.big(), Compression.ZSTD));
      for (Compression compression : Compression.values()) {
        all.add(Arguments.of(release, CONTENT.oddities(), compression));
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("closures")
  void aClosureIsSubstitutedColdAndAgainWithTheUpstreamDown(
      NixRelease release, Closure closure, Compression compression) {
    try (Scene scene = Scene.of(closure, compression)) {
      NixClient first = scene.client(release);
      first.realise(closure.root(), scene.server().url()).expectSuccess();
      Substitution.assertComplete(first, closure);
      assertEquals(closure.paths().size(), scene.upstreamNarGets());

      scene.upstream().goDown();

      NixClient second = scene.client(release, scene.server().publicKey());
      second.realise(closure.root(), scene.server().url()).expectSuccess();
      Substitution.assertComplete(second, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aColdPathIsCopiedByAClientThatAsksWithHeadFirst(NixRelease release) {
    Closure closure = CONTENT.diamond();
    try (Scene scene = Scene.of(closure, Compression.XZ)) {
      NixClient client = scene.client(release, scene.server().publicKey());

      client.copyFrom(scene.server().url(), closure.root()).expectSuccess();

      Substitution.assertComplete(client, closure);
    }
  }

  @Test
  void aColdHeadIsTruthfulAndFetchesNoNar() {
    Closure closure = CONTENT.diamond();
    String narInfo = "/" + StorePath.parse(closure.root()).hash().text() + ".narinfo";
    try (Scene scene = Scene.of(closure, Compression.XZ)) {
      assertEquals(404, scene.server().head("/" + "0".repeat(32) + ".narinfo").statusCode());
      assertEquals(200, scene.server().head(narInfo).statusCode());
      assertEquals(0, scene.upstreamNarGets());
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aClientThatKeptItsNarInfosFetchesTheNarsAgain(NixRelease release) {
    Closure closure = CONTENT.diamond();
    try (Scene scene = Scene.of(closure, Compression.XZ)) {
      NixClient client = scene.client(release);
      client.realise(closure.root(), scene.server().url()).expectSuccess();
      client.emptyStore();
      scene.upstream().goDown();

      client.realise(closure.root(), scene.server().url()).expectSuccess();

      Substitution.assertComplete(client, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void clientsAtOnceCostTheUpstreamOneGetPerNar(NixRelease release) {
    Closure closure = CONTENT.manyPaths();
    try (Scene scene = Scene.of(closure, Compression.XZ)) {
      List<NixClient> clients = Stream.generate(() -> scene.client(release)).limit(4).toList();

      clients.parallelStream()
          .forEach(c -> c.realise(closure.root(), scene.server().url()).expectSuccess());

      clients.forEach(client -> Substitution.assertComplete(client, closure));
      assertEquals(closure.paths().size(), scene.upstreamNarGets());
    }
  }
}
