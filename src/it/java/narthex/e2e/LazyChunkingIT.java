package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarInfo;
import narthex.nix.StorePath;
import narthex.testing.FaultyUpstream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nix clients use a server in lazy mode, and across all changes of the mode. */
class LazyChunkingIT {
  private static final NixContent CONTENT = NixContent.shared();
  private static final Map<String, String> LAZY = Map.of("narthex.cdc.mode", "lazy");

  private static Map<String, String> with(String mode, String... more) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("narthex.cdc.mode", mode);
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return settings;
  }

  private static Scene scene(Closure closure, Map<String, String> settings) {
    FaultyUpstream upstream = FaultyUpstream.start();
    upstream.putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));
    return Scene.of(upstream, CONTENT.publicKey(), settings);
  }

  private static NarFile told(Scene scene, String path) {
    String target = "/" + StorePath.parse(path).hash().text() + ".narinfo";
    return NarInfo.parse(scene.server().fetch(target).body()).file();
  }

  /** Waits until the background job has processed every path so far. */
  private static void awaitTold(Scene scene, Closure closure, Compression compression) {
    for (String path : closure.paths()) {
      scene
          .server()
          .await(path)
          .until(() -> told(scene, path), file -> file.compression() == compression);
    }
  }

  private static void realise(NixClient client, Scene scene, Closure closure) {
    Command.Outcome outcome = client.realise(closure.root(), scene.server().url()).expectSuccess();
    assertFalse(outcome.errors().contains("not recognized"), outcome.toString());
    assertFalse(outcome.errors().contains("incomplete"), outcome.toString());
    Substitution.assertComplete(client, closure);
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aClosureIsSubstitutedBeforeAndAfterItIsChunked(NixRelease release) {
    Closure closure = CONTENT.manyPaths();
    try (Scene scene = scene(closure, LAZY)) {
      NixClient remembers = scene.client(release);
      realise(remembers, scene, closure);
      assertEquals(closure.paths().size(), scene.upstreamNarGets());

      awaitTold(scene, closure, Compression.NONE);
      scene.upstream().goDown();

      realise(scene.client(release, scene.server().publicKey()), scene, closure);
      remembers.emptyStore();
      realise(remembers, scene, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void clientsTakeTheFramesOfChunksForAZstdFile(NixRelease release) {
    Closure closure = CONTENT.oddities();
    for (String mode : List.of("lazy", "eager")) {
      try (Scene scene = scene(closure, with(mode, "narthex.cdc.advertise", "zstd"))) {
        NixClient remembers = scene.client(release);
        realise(remembers, scene, closure);

        awaitTold(scene, closure, Compression.ZSTD);
        scene.upstream().goDown();

        realise(scene.client(release, scene.server().publicKey()), scene, closure);
        remembers.emptyStore();
        realise(remembers, scene, closure);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void clientsGoOnAcrossAllModesWhateverTheyRemember(NixRelease release) {
    Closure closure = CONTENT.diamond();
    Map<String, String> atOnce = Map.of("narthex.cdc.delete-delay", "0s");
    FaultyUpstream upstream = FaultyUpstream.start();
    upstream.putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));
    try (Scene scene = Scene.of(upstream, CONTENT.publicKey(), atOnce)) {
      NixClient remembersOff = scene.client(release);
      realise(remembersOff, scene, closure);
      NixClient remembersLast = remembersOff;

      for (String mode : List.of("lazy", "eager", "off")) {
        scene.server().stop();
        scene.server().restart(with(mode));

        for (NixClient client : List.of(remembersOff, remembersLast)) {
          client.emptyStore();
          realise(client, scene, closure);
        }
        awaitTold(scene, closure, Compression.NONE);
        remembersLast = scene.client(release);
        realise(remembersLast, scene, closure);
        remembersOff.emptyStore();
        realise(remembersOff, scene, closure);
      }

      scene
          .upstream()
          .goDown(); // now nobody has the xz files that this client's cached narinfos name
      remembersOff.emptyStore();
      realise(remembersOff, scene, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void anUploadIsReadBackBeforeAndAfterItIsChunked(NixRelease release) {
    Closure closure = CONTENT.chain();
    try (Scene scene = Scene.withUploads(with("lazy", "narthex.cdc.delete-delay", "0s"))) {
      NixClient source = scene.source(release, closure);
      source.copyTo(scene.uploadUrl(), List.of(closure.root())).expectSuccess();
      scene.assertReadBack(closure);

      awaitTold(scene, closure, Compression.NONE);
      scene.assertReadBack(closure);

      source.forgetNarInfos();
      source.copyTo(scene.uploadUrl(), List.of(closure.root())).expectSuccess();
      scene.assertReadBack(closure);
    }
  }
}
