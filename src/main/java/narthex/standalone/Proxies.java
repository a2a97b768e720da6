package narthex.standalone;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import narthex.nix.HttpUrl;
import narthex.nix.ProxyRules;

/** The proxies that the commands use: those of curl and Nix. Thread-safe. */
final class Proxies extends ProxySelector {
  static {
    // The JDK's client refuses to send a password to a proxy of https URLs otherwise. Curl sends
    // it.
    System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
  }

  private final ProxyRules rules;

  /**
   * @param environment the variables {@code http_proxy}, {@code https_proxy}, {@code all_proxy} and
   *     {@code no_proxy}
   */
  Proxies(Map<String, String> environment) {
    this.rules = ProxyRules.ofEnvironment(environment);
  }

  private Optional<HttpUrl> find(URI url) {
    return rules.find(HttpUrl.parse(url.toString()));
  }

  @Override
  public List<Proxy> select(URI url) {
    return List.of(find(url).map(Proxies::proxy).orElse(Proxy.NO_PROXY));
  }

  private static Proxy proxy(HttpUrl url) {
    return new Proxy(
        Proxy.Type.HTTP, InetSocketAddress.createUnresolved(url.host(), url.effectivePort()));
  }

  /** Returns the {@code Proxy-Authorization} of a request for a URL; empty if it needs none. */
  Optional<String> authorization(URI url) {
    return find(url)
        .flatMap(HttpUrl::login)
        .map(
            login ->
                "Basic "
                    + Base64.getEncoder()
                        .encodeToString(
                            (login.user() + ":" + login.password())
                                .getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void connectFailed(URI url, SocketAddress proxy, IOException failure) {
    // the request fails too
  }
}
