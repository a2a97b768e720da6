package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import narthex.nix.HostPatterns;
import narthex.nix.HttpUrl;
import narthex.nix.ProxyRules;
import narthex.testing.FaultyUpstream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Proxies from settings and environment variables. */
class ProxyRulesTest {
  private final UpstreamFixture fixture = new UpstreamFixture();
  private final FaultyUpstream proxy = FaultyUpstream.start();

  @AfterEach
  void close() throws IOException {
    fixture.close();
    proxy.close();
  }

  @ParameterizedTest
  @CsvSource({
    "http://a.example/, http://p1:3128/",
    "https://a.example/, http://p2:8080/",
    "https://inside.example/, ",
    "https://x.inside.example/, ",
    "https://notinside.example/, http://p2:8080/",
    "https://dotted.example/, ",
    "http://10.1.2.3/, ",
    "http://10.2.0.1/, http://p1:3128/",
    "http://127.0.0.1/, ",
    "http://localhost/, ",
  })
  void theEnvironmentIsReadAsCurlReadsIt(String url, String wanted) {
    ProxyRules rules =
        ProxyRules.ofEnvironment(
            Map.of(
                "http_proxy", "http://p1:3128",
                "HTTP_PROXY", "http://never",
                "HTTPS_PROXY", "p2:8080",
                "all_proxy", "http://p3",
                "no_proxy", "inside.example, .dotted.example 10.1.0.0/16"));

    assertEquals(
        Optional.ofNullable(wanted), rules.find(HttpUrl.parse(url)).map(HttpUrl::toString));
  }

  @Test
  void aStarMeansNoProxyAtAll() {
    ProxyRules rules = ProxyRules.ofEnvironment(Map.of("http_proxy", "p1", "NO_PROXY", "*"));

    assertEquals(Optional.empty(), rules.find(HttpUrl.parse("http://a.example/")));
  }

  @Test
  void aProxyGetsTheWholeUrlAsItIs() throws IOException {
    byte[] file = fixture.nar.file();
    proxy.put("http://cache.example/nar//a%7C", file);
    Upstream upstream = through("http://cache.example");

    try (NarBody body = upstream.openNar("/nar//a%7C", 0, null).orElseThrow()) {
      assertArrayEquals(file, body.stream().readAllBytes());
    }
    assertFalse(proxy.requests().all().isEmpty());
  }

  @Test
  void aProxyIsNotAskedForAddressesInside() throws IOException {
    Upstream upstream = through("http://cache.example");

    for (String url : new String[] {"http://127.0.0.1/x", "http://localhost/x", "http://[::1]/x"}) {
      assertThrows(UpstreamUnavailableException.class, () -> upstream.openNar(url, 0, null));
    }
    assertTrue(proxy.requests().all().isEmpty());
  }

  private Upstream through(String url) {
    UpstreamNetwork network =
        new UpstreamNetwork(
            Netrc.empty(),
            ProxyRules.always(HttpUrl.parse(proxy.url())),
            null,
            HostPatterns.none());
    return fixture.through(
        url,
        network,
        host -> {
          if (host.equals("localhost") || host.indexOf(':') >= 0 || host.startsWith("127.")) {
            return java.net.InetAddress.getAllByName(host);
          }
          throw new java.net.UnknownHostException(host);
        });
  }
}
