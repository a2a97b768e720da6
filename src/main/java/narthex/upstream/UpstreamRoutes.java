package narthex.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * Where the requests to one upstream may go, and how: proxies, addresses, credentials. Thread-safe.
 */
final class UpstreamRoutes {
  private final HttpUrl base;
  private final UpstreamNetwork network;
  private final AddressRule addresses;
  private final Optional<Netrc.Login> login;

  /**
   * @param url the upstream's base, possibly with user and password
   * @param resolver turns names into addresses
   */
  UpstreamRoutes(HttpUrl url, UpstreamNetwork network, AddressRule.Resolver resolver) {
    this.base = url.folder();
    this.network = network;
    this.addresses = new AddressRule(url.host(), network.allowedHosts(), resolver);
    this.login = login(url, network.netrc());
  }

  private static Optional<Netrc.Login> login(HttpUrl url, Netrc netrc) {
    Optional<Netrc.Login> own = url.login();
    if (own.isEmpty()) {
      return netrc.find(url.host());
    }
    return url.hasUserOnly() ? netrc.find(url.host(), own.get().user()).or(() -> own) : own;
  }

  UpstreamNetwork network() {
    return network;
  }

  /**
   * The credentials for a URL: those that it names itself, else those of the upstream if the URL is
   * at the upstream's own server.
   */
  Optional<Netrc.Login> login(HttpUrl url) {
    return url.login().or(() -> isOwn(url) ? login : Optional.empty());
  }

  /** Whether a URL is at the upstream's own server; a server may lead from http to https. */
  boolean isOwn(HttpUrl url) {
    boolean secured =
        base.host().equalsIgnoreCase(url.host())
            && base.effectivePort() == 80
            && url.scheme().equals("https")
            && url.effectivePort() == 443;
    return secured || base.isSameOrigin(url);
  }

  /**
   * The proxy for a URL.
   *
   * @throws ForbiddenAddressException if the upstream must not lead there
   */
  Optional<HttpUrl> proxy(HttpUrl url) throws UnknownHostException {
    Optional<HttpUrl> proxy = network.proxies().find(url);
    if (proxy.isPresent()) {
      addresses.checkProxied(url.host());
    } else {
      isDirect(url.host());
    }
    return proxy;
  }

  /** A proxy's own name is resolved unchecked, so it must not be reached in another way. */
  private void isDirect(String host) throws UnknownHostException {
    if (network.proxies().isProxy(host)) {
      addresses.resolve(host);
    }
  }

  /** The addresses of a host that is about to be connected to: a server's or a proxy's. */
  InetAddress[] resolve(String host) throws UnknownHostException {
    return network.proxies().isProxy(host)
        ? InetAddress.getAllByName(host)
        : addresses.resolve(host);
  }
}
