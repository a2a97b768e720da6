package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.List;
import narthex.container.BuiltWar;
import narthex.container.InApplicationServer;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.StorePath;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nix clients substitute through the WAR in an application server, under a context path. */
@InApplicationServer
class ContainerSubstitutionIT {
  private static final NixContent CONTENT = NixContent.shared();
  private static final String PATH = "/substitution";

  private final HttpClient http = HttpClient.newHttpClient();
  private FaultyUpstream upstream;

  @Deployment(testable = false)
  static WebArchive war() {
    return BuiltWar.named("substitution.war");
  }

  @BeforeEach
  void startUpstream() {
    upstream = FaultyUpstream.start(Integer.getInteger("it.upstream.port"));
  }

  @AfterEach
  void stopUpstream() {
    upstream.close();
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aClosureIsSubstitutedThroughTheServer(NixRelease release) throws Exception {
    Closure closure = release == NixRelease.OLD ? CONTENT.diamond() : CONTENT.chain();
    upstream.putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));
    String url = BuiltWar.at(PATH).toString();

    try (NixClient client = NixClient.trusting(release, text("/pubkey").strip())) {
      client.realise(closure.root(), url).expectSuccess();
      Substitution.assertComplete(client, closure);
      upstream.goDown();
      client.emptyStore();
      client.forgetNarInfos();
      client.realise(closure.root(), url).expectSuccess();
      Substitution.assertComplete(client, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aClosureIsUploadedAndReadBackThroughTheServer(NixRelease release) throws Exception {
    String url = BuiltWar.at(PATH).toString();
    try (NixClient source = NixClient.trusting(release);
        NixClient reader = NixClient.trusting(release, text("/pubkey").strip())) {
      String server = System.getProperty("arquillian.launch");
      String path = source.build("on-" + server, "echo %s > $out".formatted(release));

      source.copyTo(url + "/upload?compression=zstd", List.of(path)).expectSuccess();

      reader.copyFrom(url, path).expectSuccess();
      Substitution.assertComplete(reader, source.closure(path));
    }
  }

  @Test
  void rangesOfAStoredFileAreItsBytes() throws Exception {
    String nar = "/" + narInfo(CONTENT.oddities(), Compression.XZ).file().url();
    byte[] whole = bytes(nar, "bytes=0-");

    assertArrayEquals(whole, bytes(nar, "none"));
    assertArrayEquals(Arrays.copyOfRange(whole, 10, 20), bytes(nar, "bytes=10-19"));
    assertArrayEquals(
        Arrays.copyOfRange(whole, whole.length - 7, whole.length), bytes(nar, "bytes=-7"));
    assertEquals(416, status(nar, "bytes=" + whole.length + "-"));
  }

  @Test
  void aDamagedNarIsABrokenTransferAndNeverACleanEnd() throws Exception {
    Closure closure = CONTENT.manyFiles();
    NarInfo said = narInfo(closure, Compression.NONE);
    String nar = "/" + said.file().url();
    upstream.fail(nar, Fault.flipByte(said.nar().sizeBytes() / 2), 1);

    assertTrue(isBrokenOrRefused(nar));
    assertEquals(said.nar().sizeBytes(), bytes(nar, "none").length);
  }

  /** An error is right too: the server may find the damage before it sends the first byte. */
  private boolean isBrokenOrRefused(String path) throws InterruptedException {
    try {
      return status(path, "none") >= 500;
    } catch (IOException broken) {
      return true;
    }
  }

  /** Gives the upstream a closure and returns the narinfo that the server has of it. */
  private NarInfo narInfo(Closure closure, Compression compression) throws Exception {
    upstream.putDirectory("/", CONTENT.binaryCache(closure, compression));
    return NarInfo.parse(text("/" + StorePath.parse(closure.root()).hash().text() + ".narinfo"));
  }

  private String text(String path) throws Exception {
    return http.send(HttpRequest.newBuilder(at(path)).build(), BodyHandlers.ofString()).body();
  }

  private byte[] bytes(String path, String range) throws Exception {
    HttpResponse<byte[]> response = send(path, range);
    assertEquals(range.startsWith("bytes=") ? 206 : 200, response.statusCode());
    return response.body();
  }

  private int status(String path, String range) throws IOException, InterruptedException {
    return send(path, range).statusCode();
  }

  private HttpResponse<byte[]> send(String path, String range)
      throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(at(path)).header("Range", range).build();
    return http.send(request, BodyHandlers.ofByteArray());
  }

  private static URI at(String path) {
    return BuiltWar.at(PATH + path);
  }
}
