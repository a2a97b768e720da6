package narthex.upstream;

import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * How upstreams are reached; the same for all of them.
 *
 * @param netrc credentials for upstreams that have none in their URL
 * @param proxies which requests go through a proxy
 * @param tls trusts the certificates of upstreams; null for the JVM's own
 * @param allowedHosts hosts to which upstreams may lead although their address is not public
 */
public record UpstreamNetwork(
    Netrc netrc, ProxyRules proxies, @Nullable SSLContext tls, HostPatterns allowedHosts) {

  /** Directly, with the JVM's certificates and these credentials. */
  public static UpstreamNetwork direct(Netrc netrc) {
    return new UpstreamNetwork(netrc, ProxyRules.none(), null, HostPatterns.none());
  }
}
