package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.SecretKey;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Narinfos from an upstream, and which of them are accepted. */
@Timeout(60)
class UpstreamNarInfoTest {
  private final UpstreamFixture fixture = new UpstreamFixture();
  private final FaultyUpstream server = fixture.server;
  private final String target = fixture.published.narInfoTarget();

  @AfterEach
  void close() throws IOException {
    fixture.close();
  }

  @Test
  void aTrustedNarInfoIsGivenWithItsUpstream() throws IOException {
    FoundNarInfo found = fetch(fixture.upstream()).orElseThrow();

    assertEquals(fixture.published.narInfo(), found.narInfo());
    assertEquals(server.url() + "/", found.upstream());
  }

  @Test
  void aBaseWithAFolderIsAskedBelowIt() throws IOException {
    server.put("/deep/nix-cache-info", "Priority: 7\n");
    server.put("/deep" + target, fixture.published.narInfo().print());
    Upstream upstream = fixture.upstream(server.url() + "/deep", Netrc.empty());

    assertTrue(fetch(upstream).isPresent());
    assertEquals(Optional.of(7), upstream.priority());
    assertEquals(server.url() + "/deep/", upstream.base());
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 410, 403})
  void theseStatusesAreASureNo(int status) throws IOException {
    server.fail(target, Fault.status(status));

    assertEquals(Optional.empty(), fetch(fixture.upstream()));
    assertEquals(1, fixture.narInfoGets());
  }

  @Test
  void missesShareAConnection() throws IOException {
    Upstream upstream = fixture.upstream();
    server.remove(target);

    for (int i = 0; i < 10; i++) {
      assertEquals(Optional.empty(), fetch(upstream));
    }

    assertEquals(1, server.openConnections());
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 418, 501})
  void theseStatusesAreTroubleThatIsNotAskedAgain(int status) {
    server.fail(target, Fault.status(status));

    assertThrows(UpstreamUnavailableException.class, () -> fetch(fixture.upstream()));
    assertEquals(1, fixture.narInfoGets());
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503, 429, 408})
  void theseStatusesAreAskedAgain(int status) throws IOException {
    server.fail(target, Fault.status(status), 2);

    assertTrue(fetch(fixture.upstream()).isPresent());
    assertEquals(3, fixture.narInfoGets());
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 308})
  void redirectsAreFollowedToAnotherServer(int status) throws IOException {
    try (FaultyUpstream other = FaultyUpstream.start()) {
      other.put("/there", fixture.published.narInfo().print());
      server.fail(target, Fault.redirect(status, other.url() + "/there"));

      assertTrue(fetch(fixture.upstream()).isPresent());
    }
  }

  @Test
  void aRedirectWithoutEndIsTrouble() {
    server.fail(target, Fault.redirect(302, target));
    UpstreamPolicy.Limits limits =
        UpstreamFixture.limits(
            UpstreamFixture.LONG, java.time.Duration.ofMillis(500), 1000, UpstreamFixture.LONG);

    assertThrows(UpstreamUnavailableException.class, () -> fetch(fixture.upstream(limits)));
  }

  @Test
  void withoutATrustedSignatureItIsRefused() throws IOException {
    SecretKey other = SecretKey.generate("upstream-1", new SecureRandom());
    SecretKey unknown = SecretKey.generate("unknown-1", new SecureRandom());
    for (NarInfo refused :
        List.of(
            fixture.nar.narInfo("nar/x.nar.xz"),
            fixture.nar.narInfo("nar/x.nar.xz", other),
            fixture.nar.narInfo("nar/x.nar.xz", unknown),
            NarFixture.random(2, 10, Compression.XZ)
                .narInfo("nar/x.nar.xz")
                .withSignatures(fixture.published.narInfo().signatures()))) {
      server.put("/" + refused.storePath().hash().text() + ".narinfo", refused.print());

      assertEquals(Optional.empty(), fixture.upstream().fetchNarInfo(refused.storePath().hash()));
    }
  }

  @Test
  void anUpstreamThatMayBeUnsignedIsBelieved() throws IOException {
    server.put(target, fixture.nar.narInfo("nar/x.nar.xz").print());

    Upstream upstream = fixture.upstream(List.of(), null, UpstreamPolicy.Trust.ANY);

    assertTrue(fetch(upstream).isPresent());
  }

  @Test
  void aNarInfoOfAnotherPathIsTrouble() {
    NarFixture other = NarFixture.random(2, 10, Compression.XZ);
    server.put(target, other.narInfo("nar/x.nar.xz", fixture.key).print());

    assertThrows(UpstreamUnavailableException.class, () -> fetch(fixture.upstream()));
    assertEquals(1, fixture.narInfoGets());
  }

  @Test
  void aNarInfoOfAnotherStoreDirectoryIsTrouble() {
    String text = fixture.published.narInfo().print().replace("/nix/store/", "/opt/store/");
    server.put(target, text);
    Upstream upstream = fixture.upstream(List.of(), null, UpstreamPolicy.Trust.ANY);

    assertThrows(UpstreamUnavailableException.class, () -> fetch(upstream));
  }

  @Test
  void anUpstreamOfAnotherStoreDirectoryIsNotAskedForPaths() throws IOException {
    server.put("/nix-cache-info", "StoreDir: /opt/store\n");

    assertEquals(Optional.empty(), fetch(fixture.upstream()));
    assertEquals(0, fixture.narInfoGets());
  }

  @Test
  void anUpstreamWithoutCacheInfoIsAskedAndHasNixsDefaultPriority() throws IOException {
    server.remove("/nix-cache-info");
    Upstream upstream = fixture.upstream();

    assertEquals(Optional.empty(), upstream.priority());
    assertTrue(fetch(upstream).isPresent());
    assertEquals(Optional.of(0), upstream.priority());
  }

  @Test
  void thePriorityIsItsOwnUnlessASettingOverridesIt() throws IOException {
    Upstream own = fixture.upstream();
    fetch(own);
    Upstream overridden = fixture.upstream(List.of(), 5, UpstreamPolicy.Trust.SIGNED);
    assertEquals(Optional.of(40), own.priority());
    assertEquals(Optional.of(5), overridden.priority());
    fetch(overridden);
    assertEquals(Optional.of(5), overridden.priority());
  }

  @Test
  void cacheInfoIsAskedOnce() throws IOException {
    Upstream upstream = fixture.upstream();
    fetch(upstream);
    fetch(upstream);

    assertEquals(1, server.requests().count("/nix-cache-info"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "<html>login</html>\n", "StorePath: /nix/store/x\n", "\0\0\0"})
  void aMalformedNarInfoIsTroubleThatIsNotAskedAgain(String text) {
    server.put(target, text);

    assertThrows(UpstreamUnavailableException.class, () -> fetch(fixture.upstream()));
    assertEquals(1, fixture.narInfoGets());
  }

  @Test
  void aHugeNarInfoIsTroubleThatIsNotAskedAgain() {
    server.put(target, fixture.published.narInfo().print() + "X: " + "x".repeat(3 << 20) + "\n");

    assertThrows(UpstreamUnavailableException.class, () -> fetch(fixture.upstream()));
    assertEquals(1, fixture.narInfoGets());
  }

  @Test
  void aSmallEncodedNarInfoThatDecodesToAHugeOneIsTrouble() {
    server.put(target, "x".repeat(30 << 20)).fail(target, Fault.contentEncoding("gzip"));

    assertThrows(UpstreamUnavailableException.class, () -> fetch(fixture.upstream()));
    assertEquals(1, fixture.narInfoGets());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zstd"})
  void anEncodedNarInfoIsDecoded(String coding) throws IOException {
    server.fail(target, Fault.contentEncoding(coding));

    assertTrue(fetch(fixture.upstream()).isPresent());
  }

  @Test
  void anUnknownEncodingIsTrouble() {
    server.fail(target, Fault.header("Content-Encoding", "compress"));

    assertThrows(UpstreamUnavailableException.class, () -> fetch(fixture.upstream()));
    assertEquals(1, fixture.narInfoGets());
  }

  @ParameterizedTest
  @ValueSource(strings = {"chunked", "close", "identity"})
  void anyFramingOfAGoodAnswerIsGood(String framing) throws IOException {
    server.fail(
        target,
        switch (framing) {
          case "chunked" -> Fault.chunked();
          case "close" -> Fault.closeDelimited();
          default -> Fault.header("Content-Encoding", "identity");
        });

    assertTrue(fetch(fixture.upstream()).isPresent());
  }

  private Optional<FoundNarInfo> fetch(Upstream upstream) throws IOException {
    return upstream.fetchNarInfo(fixture.nar.storePath().hash());
  }
}
