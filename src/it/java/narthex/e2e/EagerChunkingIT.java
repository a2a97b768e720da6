package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.StorePath;
import narthex.testing.FaultyUpstream;
import narthex.testing.Relay;
import narthex.testing.UpstreamRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Nix clients use a server in eager mode, and across changes of the mode. */
class EagerChunkingIT {
  private static final NixContent CONTENT = NixContent.shared();
  private static final Map<String, String> EAGER = Map.of("narthex.cdc.mode", "eager");
  private static final Map<String, String> OFF = Map.of("narthex.cdc.mode", "off");

  private static Scene scene(Closure closure, Compression compression, Map<String, String> mode) {
    FaultyUpstream upstream = FaultyUpstream.start();
    upstream.putDirectory("/", CONTENT.binaryCache(closure, compression));
    return Scene.of(upstream, CONTENT.publicKey(), mode);
  }

  private static void assertNone(Scene scene, Closure closure) {
    for (String path : closure.paths()) {
      String target = "/" + StorePath.parse(path).hash().text() + ".narinfo";
      NarInfo told = NarInfo.parse(scene.server().fetch(target).body());
      assertEquals(Compression.NONE, told.file().compression());
    }
  }

  private static void realise(NixClient client, Scene scene, Closure closure) {
    Command.Outcome outcome = client.realise(closure.root(), scene.server().url()).expectSuccess();
    assertFalse(outcome.errors().contains("not recognized"), outcome.toString());
    assertFalse(outcome.errors().contains("incomplete"), outcome.toString());
    Substitution.assertComplete(client, closure);
  }

  static Stream<Arguments> closures() {
    List<Arguments> all = new ArrayList<>();
    for (NixRelease release : NixRelease.values()) {
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
    try (Scene scene = scene(closure, compression, EAGER)) {
      assertNone(scene, closure);
      realise(scene.client(release), scene, closure);
      assertEquals(closure.paths().size(), scene.upstreamNarGets());

      scene.upstream().goDown();

      assertNone(scene, closure);
      realise(scene.client(release, scene.server().publicKey()), scene, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void clientsGoOnAcrossChangesOfModeWhateverTheyRemember(NixRelease release) {
    Closure closure = CONTENT.diamond();
    try (Scene scene = scene(closure, Compression.XZ, OFF)) {
      NixClient remembersOff = scene.client(release);
      realise(remembersOff, scene, closure);

      for (Map<String, String> mode : List.of(EAGER, OFF, EAGER)) {
        scene.server().stop();
        scene.server().restart(mode);

        remembersOff.emptyStore();
        realise(remembersOff, scene, closure);
        realise(scene.client(release), scene, closure);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void whatWasChunkedIsServedWhenChunkingIsOff(NixRelease release) {
    Closure closure = CONTENT.diamond();
    try (Scene scene = scene(closure, Compression.XZ, EAGER)) {
      NixClient remembersEager = scene.client(release);
      realise(remembersEager, scene, closure);

      scene.server().awaitStored(closure.paths().size());
      scene.upstream().goDown();
      scene.server().stop();
      scene.server().restart(OFF);

      assertNone(scene, closure);
      remembersEager.emptyStore();
      realise(remembersEager, scene, closure);
      realise(scene.client(release), scene, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void clientsThatRememberFindTheirNarsWhenTheDatabaseIsLost(NixRelease release) {
    Closure closure = CONTENT.diamond();
    try (Scene scene = scene(closure, Compression.XZ, EAGER)) {
      NixClient client = scene.client(release);
      realise(client, scene, closure);

      scene.server().stop();
      scene.server().loseData();
      scene.server().restart(EAGER);

      client.emptyStore();
      realise(client, scene, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aClosureIsUploadedOnce(NixRelease release) {
    Closure closure = CONTENT.chain();
    try (Scene scene = Scene.withUploads(EAGER)) {
      NixClient source = scene.source(release, closure);
      Relay relay = scene.relay();
      source.copyTo(relay.url() + "/upload", List.of(closure.root())).expectSuccess();
      assertEquals(2 * closure.paths().size(), puts(relay).size());

      relay.requests().clear();
      source.forgetNarInfos();
      source.copyTo(relay.url() + "/upload", List.of(closure.root())).expectSuccess();
      assertEquals(List.of(), puts(relay));

      assertNone(scene, closure);
      scene.assertReadBack(closure);
    }
  }

  private static List<String> puts(Relay relay) {
    return relay.requests().matching(request -> request.method().equals("PUT")).stream()
        .map(UpstreamRequest::target)
        .toList();
  }
}
