package narthex.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import narthex.nix.HostPatterns;
import narthex.nix.HttpUrl;
import narthex.nix.PublicKey;

/** The settings for upstreams and the network to them. */
public final class UpstreamSettings {
  static final Setting<List<HttpUrl>> UPSTREAMS =
      new Setting<>(
          "narthex.upstreams",
          SettingType.UPSTREAMS,
          "https://cache.nixos.org",
          "upstream binary caches, which may contain user:password@; set it to nothing to"
              + " run without upstreams");
  static final Setting<List<PublicKey>> PUBLIC_KEYS =
      new Setting<>(
          "narthex.upstream.public-keys",
          SettingType.PUBLIC_KEYS,
          "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=",
          "public keys; every narinfo from an upstream must be signed by one of them");
  static final Setting<Boolean> ALLOW_UNSIGNED =
      new Setting<>(
          "narthex.upstream.allow-unsigned",
          SettingType.BOOLEAN,
          "false",
          "also accept unsigned narinfos from upstreams");
  static final Setting<Duration> CONNECT_TIMEOUT =
      new Setting<>(
          "narthex.upstream.connect-timeout",
          SettingType.POSITIVE_DURATION,
          "5s",
          "how long to wait for a connection to an upstream");
  static final Setting<Duration> READ_TIMEOUT =
      new Setting<>(
          "narthex.upstream.read-timeout",
          SettingType.POSITIVE_DURATION,
          "30s",
          "how long an upstream may send nothing on an open connection");
  static final Setting<Duration> BETTER_ANSWER_WAIT =
      new Setting<>(
          "narthex.upstream.better-answer-wait",
          SettingType.DURATION_OR_ZERO,
          "200ms",
          "how long a narinfo that was found waits for an answer from an upstream with"
              + " better priority");
  static final Setting<Duration> RETRY_WITHIN =
      new Setting<>(
          "narthex.upstream.retry-within",
          SettingType.DURATION_OR_ZERO,
          "10s",
          "how long after its start a failed request to an upstream may be retried, until the first"
              + " byte has come; 0s for no retry; the first try is not bounded by it");
  static final Setting<Duration> ANSWER_WITHIN =
      new Setting<>(
          "narthex.upstream.answer-within",
          SettingType.POSITIVE_DURATION,
          "1m",
          "how long the search for a narinfo may take over all upstreams, retries included; after"
              + " it the client gets a 404");
  static final Setting<Duration> NEGATIVE_TTL =
      new Setting<>(
          "narthex.upstream.negative-ttl",
          SettingType.DURATION_OR_ZERO,
          "1m",
          "how long to remember that no upstream has a path");
  static final Setting<Integer> NEGATIVE_ENTRIES =
      new Setting<>(
          "narthex.upstream.negative-entries",
          SettingType.NUMBER,
          "100000",
          "how many missing paths to remember");
  static final Setting<Integer> MAX_CONNECTIONS =
      new Setting<>(
          "narthex.upstream.max-connections",
          SettingType.COUNT,
          "64",
          "connections to each upstream for NARs at most; as many are kept for narinfos, and a"
              + " quarter as many for documents");
  static final Setting<Integer> FAILURES_TO_OPEN =
      new Setting<>(
          "narthex.upstream.failures-to-open",
          SettingType.COUNT,
          "5",
          "number of consecutive failures after which an upstream is not asked for a while");
  static final Setting<Duration> PROBE_AFTER =
      new Setting<>(
          "narthex.upstream.probe-after",
          SettingType.POSITIVE_DURATION,
          "30s",
          "how long a failing upstream is not asked, until one request tries it again");
  static final Setting<List<PublicKey>> UPSTREAM_PUBLIC_KEYS =
      ofOneUpstream(
          "public-keys",
          SettingType.PUBLIC_KEYS,
          "public keys, instead of narthex.upstream.public-keys");
  static final Setting<Integer> UPSTREAM_PRIORITY =
      ofOneUpstream(
          "priority",
          SettingType.NUMBER,
          "priority, instead of the Priority in its nix-cache-info; lower is better");
  static final Setting<Boolean> UPSTREAM_ALLOW_UNSIGNED =
      ofOneUpstream(
          "allow-unsigned", SettingType.BOOLEAN, "whether to accept its unsigned narinfos");
  static final Setting<Duration> UPSTREAM_CONNECT_TIMEOUT =
      ofOneUpstream("connect-timeout", SettingType.POSITIVE_DURATION, "connect timeout");
  static final Setting<Duration> UPSTREAM_READ_TIMEOUT =
      ofOneUpstream("read-timeout", SettingType.POSITIVE_DURATION, "read timeout");
  static final Setting<Settings.Proxy> PROXY =
      new Setting<>(
          "narthex.upstream.proxy",
          SettingType.PROXY,
          "",
          "HTTP proxy for all upstreams; unset: the environment variables http_proxy, https_proxy,"
              + " all_proxy and no_proxy, else the proxy properties of the JVM");

  /** Path of the file with additional certificate authorities. */
  public static final Setting<Path> TRUST_STORE =
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

  /** Path of the netrc file with passwords for upstreams. */
  public static final Setting<Path> NETRC_FILE =
      new Setting<>(
          "narthex.netrc-file",
          SettingType.PATH,
          "",
          "netrc file with passwords for upstreams that have none in their URL");

  private UpstreamSettings() {}

  private static <T> Setting<T> ofOneUpstream(String name, SettingType<T> type, String text) {
    return new Setting<>(
        "narthex.upstream." + SettingTable.POSITION + "." + name,
        type,
        "",
        "for the upstream at position <n> only: " + text);
  }
}
