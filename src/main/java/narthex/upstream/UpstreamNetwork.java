package narthex.upstream;

import javax.net.ssl.SSLContext;
import narthex.nix.HostPatterns;
import narthex.nix.ProxyRules;
import org.jspecify.annotations.Nullable;

/**
 * Network settings of all upstreams.
 *
 * @param netrc credentials for upstreams that have none in their URL
 * @param proxies the proxy rules
 * @param tls the TLS context with additional certificate authorities; null for the JVM's default
 * @param allowedHosts hosts that upstreams may redirect to even if their addresses aren't public
 */
public record UpstreamNetwork(
    Netrc netrc, ProxyRules proxies, @Nullable SSLContext tls, HostPatterns allowedHosts) {

  /** No proxy, the JVM's certificates, and these credentials. */
  public static UpstreamNetwork direct(Netrc netrc) {
    return new UpstreamNetwork(netrc, ProxyRules.none(), null, HostPatterns.none());
  }
}
