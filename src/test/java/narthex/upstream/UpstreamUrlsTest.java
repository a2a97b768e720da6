package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** URLs, headers and codings that curl accepts from an upstream. */
@Timeout(60)
class UpstreamUrlsTest {
  private final UpstreamFixture fixture = new UpstreamFixture();
  private final FaultyUpstream other = FaultyUpstream.start();
  private final String target = fixture.published.narInfoTarget();
  private final byte[] file = fixture.nar.file();

  @AfterEach
  void close() throws IOException {
    fixture.close();
    other.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a|b\"c<d>?X-Sig=a|b&c={d}^`e",
        "/s3//key//with//slashes",
        "/nar/%2F%2b+%7C?a=b/../c",
        "/nar/tilde~colon:at@semi;(x)'!$&*,="
      })
  void aUrlIsSentAsItWasGiven(String sent) throws IOException {
    fixture.server.put(sent, file);
    fixture.server.fail("/start", Fault.redirect(302, sent));
    Upstream upstream = fixture.upstream();

    assertFile(upstream, sent);
    assertFile(upstream, "/start");
    assertFile(upstream, fixture.server.url().replace("http:", "HTTP:") + sent);
  }

  @Test
  void blanksAndOtherCharactersOfARedirectAreEscapedByteByByte() throws IOException {
    fixture.server.put("/a%20b%C3%A4", file);
    fixture.server.fail("/start", Fault.redirect(307, "/a b\u00c3\u00a4"));

    assertFile(fixture.upstream(), "/start");
  }

  @Test
  void aBaseKeepsItsSlashes() throws IOException {
    fixture.server.put("/x//y//" + "nar/a", file);

    assertFile(fixture.upstream(fixture.server.url() + "/x//y/", Netrc.empty()), "/x//y//nar/a");
  }

  @Test
  void aHostMayHaveAnUnderscore() throws IOException {
    Upstream upstream = fixture.resolving("my_cache", host -> loopback());

    assertTrue(upstream.fetchNarInfo(fixture.nar.storePath().hash()).isPresent());
    String authority = fixture.server.url().replace("http://127.0.0.1", "my_cache");
    assertEquals(
        List.of(authority),
        fixture.server.requests().matching(r -> r.target().equals(target)).stream()
            .map(r -> r.header("host").orElse(""))
            .toList());
  }

  @Test
  void aHeadMayBeAsLargeAsCurlTakesIt() throws IOException {
    Fault large = Fault.header("X-Line", "x".repeat(90_000));
    for (int i = 0; i < 15; i++) {
      large = large.and(Fault.header("X-" + i, "y".repeat(10_000)));
    }
    fixture.server.put("/nar/x", file).fail("/nar/x", large);

    assertFile(fixture.upstream(), "/nar/x");
  }

  @Test
  void anEndlessHeadIsRefusedWithoutAnotherTry() {
    Fault large = Fault.header("X", "x");
    for (int i = 0; i < 5; i++) {
      large = large.and(Fault.header("X-" + i, "y".repeat(90_000)));
    }
    fixture.server.put("/nar/x", file).fail("/nar/x", large);

    assertThrows(
        UpstreamUnavailableException.class, () -> fixture.upstream().openNar("/nar/x", 0, null));
    assertEquals(1, fixture.server.requests().count("/nar/x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "identity", "None, identity", ""})
  void aCodingThatIsNoneIsNone(String coding) throws IOException {
    fixture.server.put("/nar/x", file).fail("/nar/x", Fault.header("Content-Encoding", coding));

    assertFile(fixture.upstream(), "/nar/x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip, none", "identity,gzip"})
  void aListOfCodingsIsUndoneFromItsEnd(String codings) throws IOException {
    fixture
        .server
        .put("/nar/x", file)
        .fail(
            "/nar/x", Fault.contentEncoding("gzip").and(Fault.header("Content-Encoding", codings)));

    assertFile(fixture.upstream(), "/nar/x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://x/y", "http://[x", "http:///", "http://a b/"})
  void aRedirectToNoHttpUrlIsNotTriedAgainAndConcernsThisPathAlone(String location)
      throws IOException {
    fixture.server.fail("/start", Fault.redirect(302, location));
    Upstream upstream =
        fixture.upstream(
            UpstreamFixture.limits(
                UpstreamFixture.LONG, UpstreamFixture.LONG, 1, UpstreamFixture.LONG));

    assertThrows(UpstreamUnavailableException.class, () -> upstream.openNar("/start", 0, null));

    assertEquals(1, fixture.server.requests().count("/start"));
    assertTrue(upstream.fetchNarInfo(fixture.nar.storePath().hash()).isPresent());
  }

  @Test
  void anEndlessRedirectEnds() {
    fixture.server.fail("/start", Fault.redirect(302, "/start"));

    assertThrows(
        UpstreamUnavailableException.class, () -> fixture.upstream().openNar("/start", 0, null));
    assertEquals(11, fixture.server.requests().count("/start"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://169.254.169.254/latest/", "http://10.0.0.1/", "http://inside/"})
  void neitherANarInfoNorARedirectLeadsInside(String inside) throws IOException {
    AtomicInteger asked = new AtomicInteger();
    Upstream upstream =
        fixture.resolving(
            "own.example",
            host -> {
              if (host.equals("own.example")) {
                return loopback();
              }
              asked.incrementAndGet();
              String address = host.equals("inside") ? "192.168.0.1" : host;
              return new InetAddress[] {InetAddress.getByName(address)};
            });
    fixture.server.fail("/start", Fault.redirect(302, inside));

    for (String url : List.of(inside, "/start")) {
      IOException refused =
          assertThrows(UpstreamUnavailableException.class, () -> upstream.openNar(url, 0, null));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("narthex.upstream.allow-hosts"),
          refused.getMessage());
    }
    assertEquals(2, asked.get());
  }

  private static InetAddress[] loopback() {
    return new InetAddress[] {InetAddress.getLoopbackAddress()};
  }

  private void assertFile(Upstream upstream, String url) throws IOException {
    try (NarBody body = upstream.openNar(url, 0, null).orElseThrow()) {
      assertArrayEquals(file, body.stream().readAllBytes());
    }
  }
}
