package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.StorePath;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.Relay;
import narthex.testing.UpstreamRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code nix copy --to} uploads closures, and machines that trust only Narthex's key substitute
 * them.
 */
class UploadIT {
  private static final NixContent CONTENT = NixContent.shared();

  private static final Closure[] SMALL = {CONTENT.chain(), CONTENT.diamond(), CONTENT.oddities()};
  private static final List<String> ROOTS = Arrays.stream(SMALL).map(Closure::root).toList();

  /** The server of all small tests; each test uploads other paths. */
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
  @EnumSource(NixRelease.class)
  void closuresAreUploadedOnceAndReadBackWithOnlyOurKeyTrusted(NixRelease release) {
    int paths = Arrays.stream(SMALL).mapToInt(closure -> closure.paths().size()).sum();
    try (Scene scene = Scene.withUploads()) {
      NixClient source = scene.source(release, SMALL);
      Relay relay = scene.relay();

      source.copyTo(relay.url() + "/upload", ROOTS).expectSuccess();
      assertEquals(2 * paths, puts(relay).size(), () -> puts(relay).toString());

      relay.requests().clear();
      source.forgetNarInfos();
      source.copyTo(relay.url() + "/upload", ROOTS).expectSuccess();
      assertTrue(relay.requests().all().size() >= paths);
      assertEquals(List.of(), puts(relay));

      scene.assertReadBack(SMALL);
      assertEquals(List.of(), askedOf(scene.upstream()));
    }
  }

  static Stream<Arguments> compressions() {
    List<Arguments> all = new ArrayList<>();
    for (NixRelease release : NixRelease.values()) {
      for (Compression compression : Compression.values()) {
        all.add(Arguments.of(release, compression));
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("compressions")
  void aPathIsUploadedInEveryCompression(NixRelease release, Compression compression) {
    String name = compression.nixName();
    NixClient source = shared.client(release);
    String path = source.build("in-" + name, "echo %s %s > $out".formatted(release, name));

    source.copyTo(shared.uploadUrl() + "?compression=" + name, List.of(path)).expectSuccess();

    assertEquals(compression, narInfo(shared, path).file().compression());
    String text = "%s %s\n".formatted(release, name);
    assertEquals(text, catUploaded(source, path)); // by the narinfo that the uploader has cached
    source.forgetNarInfos();
    assertEquals(text, catUploaded(source, path));
    shared.assertReadBack(source.closure(path));
  }

  @ParameterizedTest
  @CsvSource({
    "OLD, parallel-compression=true",
    "OLD, compression=zstd&compression-level=19&parallel-compression=true",
    "OLD, index-debug-info=true",
    "NEW, parallel-compression=true",
    "NEW, compression=zstd&compression-level=19&parallel-compression=true",
    "NEW, compression=none&narinfo-compression=gzip",
    "NEW, compression=none&narinfo-compression=zstd",
    "NEW, compression=none&narinfo-compression=br",
    "NEW, compression=none&narinfo-compression=xz",
    "NEW, compression=none&narinfo-compression=bzip2",
  })
  void aPathIsUploadedWithEveryOptionOfACopy(NixRelease release, String options) {
    NixClient source = shared.client(release);
    String path = source.build("with-option", "echo '%s %s' > $out".formatted(release, options));

    source.copyTo(shared.uploadUrl() + "?" + options, List.of(path)).expectSuccess();

    shared.assertReadBack(source.closure(path));
  }

  @ParameterizedTest
  @CsvSource({"OLD, ''", "NEW, ''", "NEW, &ls-compression=br"})
  void aListingIsUploadedBesideItsNar(NixRelease release, String options) {
    NixClient source = shared.client(release);
    String path = source.build("listed", "echo '%s%s' > $out".formatted(release, options));
    String listing = narInfoPath(path).replace(".narinfo", ".ls");
    assertEquals(404, shared.server().head("/upload" + listing).statusCode());

    source
        .copyTo(shared.uploadUrl() + "?write-nar-listing=true" + options, List.of(path))
        .expectSuccess();

    String text = shared.server().fetch("/upload" + listing).body();
    assertTrue(text.contains("\"type\":\"regular\""), text);
    shared.assertReadBack(source.closure(path));
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void signaturesOfTheUploaderStayBesideOurs(NixRelease release) {
    NixClient source = shared.client(release);
    Signer signer = Signer.on(source, "uploader-1");
    String path = source.build("signed", "echo " + release + " > $out");

    source
        .copyTo(shared.uploadUrl() + "?secret-key=" + signer.secretFile(), List.of(path))
        .expectSuccess();

    NixClient reader = shared.client(release, signer.publicKey());
    reader.copyFrom(shared.server().url(), path).expectSuccess();
    Substitution.assertComplete(reader, source.closure(path));
    shared.assertReadBack(source.closure(path));
  }

  @Test
  void clientsAtOnceUploadTheSameClosuresInDifferentCompressions() {
    try (Scene scene = Scene.withUploads()) {
      Map<NixClient, String> sources = new LinkedHashMap<>();
      for (String compression : List.of("none", "zstd", "xz")) {
        sources.put(scene.source(NixRelease.OLD, SMALL), compression);
        sources.put(scene.source(NixRelease.NEW, SMALL), compression);
      }

      sources.entrySet().parallelStream()
          .forEach(
              source -> {
                String url = scene.uploadUrl() + "?compression=" + source.getValue();
                source.getKey().copyTo(url, ROOTS).expectSuccess();
              });

      scene.assertReadBack(SMALL);
    }
  }

  @Test
  void whatTheUpstreamHasIsUploadedWithoutAskingIt() {
    Closure closure = CONTENT.diamond();
    FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    upstream.putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));
    try (Scene scene = Scene.withUploads(upstream, Map.of())) {
      NixClient source = scene.source(NixRelease.NEW, closure);

      source.copyTo(scene.uploadUrl(), List.of(closure.root())).expectSuccess();
      assertEquals(List.of(), askedOf(upstream));

      upstream.goDown();
      scene.assertReadBack(closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void theStoreCommandsReadWhatWasUploaded(NixRelease release) {
    NixClient source = shared.client(release);
    String path = source.build("read", "echo %s > $out".formatted(release));
    source.copyTo(shared.uploadUrl(), List.of(path)).expectSuccess();
    String size = String.format(Locale.ROOT, "%d", (release + "\n").length());

    for (String url : List.of(shared.uploadUrl(), shared.server().url())) {
      Command.Outcome listed = source.nix(List.of("store", "ls", "-l", "--store", url, path));
      assertTrue(listed.expectSuccess().output().contains(" " + size + " "), listed.toString());
      Command.Outcome text = source.nix(List.of("store", "cat", "--store", url, path));
      assertEquals(release + "\n", text.expectSuccess().output());
      Command.Outcome known = source.pathInfo(url, path).expectSuccess();
      assertTrue(known.output().contains("\"narSize\":"), known.toString());
    }

    String absent = RawStore.path("nobody-has-it");
    Command.Outcome none = source.nix(List.of("path-info", "--store", shared.uploadUrl(), absent));
    assertFalse(none.succeeded(), none.toString());
  }

  @Test
  void aPathThatNobodyTrustedSignedIsRefusedAndTheClientSaysWhy() {
    NixClient keys = shared.client(NixRelease.OLD);
    Signer trusted = Signer.on(keys, "trusted-1");
    Signer other = Signer.on(keys, "other-1");
    try (Scene scene =
        Scene.withUploads(
            Map.of(
                "narthex.upload.require-trusted",
                "true",
                "narthex.upload.trusted-keys",
                trusted.publicKey()))) {
      for (NixRelease release : NixRelease.values()) {
        NixClient source = scene.client(release);
        String path = source.build("trusted", "echo %s > $out".formatted(release));

        for (String query : List.of("", "?secret-key=" + other.secretFile())) {
          assertRefused(source, scene.uploadUrl() + query, path, "no trusted key signed");
          assertEquals(404, scene.server().head(narInfoPath(path)).statusCode());
        }

        String signing = scene.uploadUrl() + "?secret-key=" + trusted.secretFile();
        source.copyTo(signing, List.of(path)).expectSuccess();
        scene.assertReadBack(source.closure(path));
      }
    }
  }

  @Test
  void whereUploadsAreOffACopyIsAnError() {
    FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    try (Scene scene = Scene.of(upstream, CONTENT.publicKey(), Map.of())) {
      for (NixRelease release : NixRelease.values()) {
        NixClient source = scene.client(release);
        String path = source.build("unwanted", "echo it > $out");

        assertRefused(source, scene.uploadUrl(), path, "does not appear to be a binary cache");
        assertRefused(source, scene.server().url(), path, "method not allowed");
        assertEquals(404, scene.server().head(narInfoPath(path)).statusCode());
      }
    }
  }

  private static void assertRefused(NixClient source, String url, String path, String reason) {
    Command.Outcome refused = source.copyTo(url, List.of(path));
    assertFalse(refused.succeeded(), refused.toString());
    assertTrue(refused.errors().contains(reason), refused.toString());
  }

  private static String catUploaded(NixClient client, String path) {
    List<String> cat = List.of("store", "cat", "--store", shared.uploadUrl(), path);
    return client.nix(cat).expectSuccess().output();
  }

  private static List<UpstreamRequest> puts(Relay relay) {
    return relay.requests().matching(request -> request.method().equals("PUT"));
  }

  /** The requests that concern store paths. */
  private static List<UpstreamRequest> askedOf(FaultyUpstream upstream) {
    return upstream.requests().matching(request -> !request.target().equals("/nix-cache-info"));
  }

  private static NarInfo narInfo(Scene scene, String path) {
    return NarInfo.parse(scene.server().fetch("/upload" + narInfoPath(path)).body());
  }

  private static String narInfoPath(String path) {
    return "/" + StorePath.parse(path).hash().text() + ".narinfo";
  }
}
