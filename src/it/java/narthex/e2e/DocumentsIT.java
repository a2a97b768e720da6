package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Build logs and realisations can be uploaded, downloaded, and fetched from the upstream. */
class DocumentsIT {
  private static final String ODD_NAME = "odd+name?x=y";
  private static final String CONTENT_ADDRESSED =
      "__contentAddressed = true; outputHashMode = \"recursive\"; outputHashAlgo = \"sha256\";";

  /** The server of all tests but one; every test has derivations of its own. */
  private static Scene shared;

  @BeforeAll
  static void start() {
    shared = Scene.withUploads();
  }

  @AfterAll
  static void stop() {
    shared.close();
  }

  @ParameterizedTest
  @CsvSource({"OLD, ''", "NEW, ''", "NEW, ?log-compression=br"})
  void aBuildLogIsCopiedAndReadOnOtherMachines(NixRelease release, String options) {
    String script = "echo said by $out >&2; echo '%s %s' > $out".formatted(release, options);
    String derivation = NixClient.derivation(ODD_NAME, script, "");
    NixClient source = shared.client(release);
    String drv = source.instantiate(derivation);
    String out = source.buildWith(derivation).expectSuccess().output().strip();
    assertFalse(log(release, derivation).succeeded());

    source
        .nix(List.of("store", "copy-log", "--to", shared.uploadUrl() + options, drv))
        .expectSuccess();

    for (NixRelease reader : NixRelease.values()) {
      String read = log(reader, derivation).expectSuccess().output();
      assertEquals("said by " + out + "\n", read);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aBuildLogThatOnlyTheUpstreamHasIsReadAndKept(NixRelease release) {
    String derivation = NixClient.derivation(ODD_NAME, "echo far %s".formatted(release), "");
    String drv = shared.client(release).instantiate(derivation);
    String target = "/log/" + encoded(drv.substring("/nix/store/".length()));
    shared.upstream().put(target, "from afar\n");

    assertEquals("from afar\n", log(release, derivation).expectSuccess().output());

    shared.upstream().remove(target);
    assertEquals("from afar\n", log(release, derivation).expectSuccess().output());
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aContentAddressedDerivationIsUploadedAndSubstitutedElsewhere(NixRelease release) {
    String derivation = contentAddressed("uploaded by " + release);
    NixClient source = contentAddressing(shared.client(release));
    String out = source.buildWith(derivation).expectSuccess().output().strip();
    Closure closure = source.closure(out);
    assertEquals(2, closure.paths().size());

    copy(source, shared.uploadUrl(), derivation).expectSuccess();

    assertSubstituted(shared, derivation, closure);
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aRealisationThatOnlyTheUpstreamHasComesThrough(NixRelease release) throws IOException {
    String derivation = contentAddressed("of the upstream");
    FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    Path folder = Folders.create("upstream");
    try (NixClient source = contentAddressing(NixClient.trusting(release))) {
      Signer signer = Signer.on(source, "upstream-2");
      source.set("secret-key-files", signer.secretFile().toString());
      String out = source.buildWith(derivation).expectSuccess().output().strip();
      copy(source, "file://" + folder, derivation).expectSuccess();
      upstream.putDirectory("/", folder);
      try (Stream<Path> realisations = Files.list(folder.resolve("realisations"))) {
        realisations.forEach(
            file -> upstream.put("/realisations/" + encoded(file.getFileName().toString()), file));
      }
      try (Scene scene = Scene.of(upstream, signer.publicKey(), Map.of())) {
        assertSubstituted(scene, derivation, source.closure(out));
        upstream.goDown();
        assertSubstituted(scene, derivation, source.closure(out));
      }
    } finally {
      Folders.delete(folder);
    }
  }

  /**
   * New machines of both releases, which can't build and trust the server's key, substitute the
   * derivation.
   */
  private static void assertSubstituted(Scene scene, String derivation, Closure closure) {
    for (NixRelease release : NixRelease.values()) {
      NixClient reader = contentAddressing(scene.client(release, scene.server().publicKey()));
      String[] options = {
        "--option", "substituters", scene.server().url(), "--option", "max-jobs", "0"
      };
      Command.Outcome built = reader.buildWith(derivation, options).expectSuccess();
      assertEquals(closure.root(), built.output().strip());
      assertTrue(built.errors().contains("from '" + scene.server().url()), built.toString());
      Substitution.assertComplete(reader, closure);
    }
  }

  private static NixClient contentAddressing(NixClient client) {
    return client.set("experimental-features", "nix-command ca-derivations");
  }

  /** A derivation that depends on another one; both are content-addressed. */
  private static String contentAddressed(String text) {
    String script = "echo %s > $out".formatted(text);
    String bottom = NixClient.derivation("ca-bottom", script, CONTENT_ADDRESSED);
    return NixClient.derivation("ca+top?x=1", "echo ${" + bottom + "} > $out", CONTENT_ADDRESSED);
  }

  /** Uploads the paths of a content-addressed derivation and their realisations. */
  private static Command.Outcome copy(NixClient source, String url, String derivation) {
    Path file = source.file("derivation.nix", derivation);
    return source.nix(List.of("copy", "--to", url, "-f", file.toString()));
  }

  /** Reads the log on another machine, from its substituter. */
  private static Command.Outcome log(NixRelease release, String derivation) {
    NixClient reader = shared.client(release);
    String drv = reader.instantiate(derivation);
    return reader.nix(List.of("log", "--option", "substituters", shared.server().url(), drv));
  }

  private static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("%3A", ":");
  }
}
