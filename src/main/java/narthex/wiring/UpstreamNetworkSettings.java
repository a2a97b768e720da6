package narthex.wiring;

import java.nio.file.Path;
import java.time.Duration;
import narthex.upstream.HostPatterns;
import narthex.upstream.ProxyRules;

/** The rows of the {@link SettingTable} that say how upstreams are reached. */
final class UpstreamNetworkSettings {
  static final Setting<Duration> ANSWER_WITHIN =
      new Setting<>(
          "narthex.upstream.answer-within",
          SettingType.POSITIVE_DURATION,
          "1m",
          "how long the search for a narinfo may take over all upstreams, retries included; after"
              + " it the client gets a 404");
  static final Setting<ProxyRules> PROXY =
      new Setting<>(
          "narthex.upstream.proxy",
          SettingType.PROXY,
          "",
          "HTTP proxy for all upstreams; unset: the environment variables http_proxy, https_proxy,"
              + " all_proxy and no_proxy, else the proxy properties of the JVM");
  static final Setting<Path> TRUST_STORE =
      new Setting<>(
          "narthex.upstream.trust-store",
          SettingType.PATH,
          "",
          "file with certificates (PEM, PKCS12 or JKS) of authorities that upstreams are trusted"
              + " by, in addition to those of the JVM");
  static final Setting<String> TRUST_STORE_PASSWORD =
      new Setting<>(
          "narthex.upstream.trust-store-password",
          SettingType.SECRET,
          "",
          "password of a PKCS12 or JKS trust store; unset: none and changeit are tried");
  static final Setting<HostPatterns> ALLOW_HOSTS =
      new Setting<>(
          "narthex.upstream.allow-hosts",
          SettingType.HOSTS,
          "",
          "hosts that redirects and the URLs of narinfos may point to although their address is"
              + " loopback, link-local or private and the upstream's own address is not");

  private UpstreamNetworkSettings() {}
}
