package narthex.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import narthex.nix.HttpUrl;

/**
 * Decides how requests to one upstream are sent: proxy, allowed addresses and credentials.
 * Thread-safe.
 */
final class UpstreamRoutes {
  private final HttpUrl base;
  private final UpstreamNetwork network;
  private final AddressRule addresses;
  private final Optional<HttpUrl.Login> login;

  /**
   * @param url the upstream's base URL, possibly with user and password
   * @param resolver resolves host names
   */
  UpstreamRoutes(HttpUrl url, UpstreamNetwork network, AddressRule.Resolver resolver) {
    this.base = url.folder();
    this.network = network;
    this.addresses = new AddressRule(url.host(), network.allowedHosts(), resolver);
    this.login = login(url, network.netrc());
  }

  private static Optional<HttpUrl.Login> login(HttpUrl url, Netrc netrc) {
    Optional<HttpUrl.Login> own = url.login();
    if (own.isEmpty()) {
      return netrc.find(url.host());
    }
    return url.hasUserOnly() ? netrc.find(url.host(), own.get().user()).or(() -> own) : own;
  }

  UpstreamNetwork network() {
    return network;
  }

  /**
   * The credentials for a URL: those in the URL, or else those of the upstream if the URL is on the
   * upstream's own server.
   */
  Optional<HttpUrl.Login> login(HttpUrl url) {
    return url.login().or(() -> isOwn(url) ? login : Optional.empty());
  }

  /** Whether a URL is on the upstream's own server; that may redirect from http to https. */
  boolean isOwn(HttpUrl url) {
    boolean secured =
        base.host().equalsIgnoreCase(url.host())
            && base.effectivePort() == 80
            && url.scheme().equals("https")
            && url.effectivePort() == 443;
    return secured || base.isSameOrigin(url);
  }

  /**
   * The proxy for a URL; empty for a direct connection.
   *
   * @throws ForbiddenAddressException if the URL's host isn't allowed
   */
  Optional<HttpUrl> proxy(HttpUrl url) throws UnknownHostException {
    Optional<HttpUrl> proxy = network.proxies().find(url);
    if (proxy.isPresent()) {
      addresses.checkProxied(url.host());
    } else {
      checkDirect(url.host());
    }
    return proxy;
  }

  /** Checks a host that is a proxy too, because {@link #resolve} doesn't check those. */
  private void checkDirect(String host) throws UnknownHostException {
    if (network.proxies().isProxy(host)) {
      addresses.resolve(host);
    }
  }

  /** Resolves the host of a connection, a server or a proxy, to allowed addresses. */
  InetAddress[] resolve(String host) throws UnknownHostException {
    return network.proxies().isProxy(host)
        ? InetAddress.getAllByName(host)
        : addresses.resolve(host);
  }
}
