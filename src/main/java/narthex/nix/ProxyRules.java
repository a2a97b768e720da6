package narthex.nix;

import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the HTTP proxy of a request: the configured one, or else that of the environment
 * variables that curl reads, or else that of the JVM. Immutable.
 *
 * @see <a href="https://everything.curl.dev/usingcurl/proxies/env.html">Proxy environment variables
 *     of curl</a>
 */
public final class ProxyRules {
  private static final System.Logger LOG = System.getLogger(ProxyRules.class.getName());

  private final Map<String, HttpUrl> byScheme;
  private final HostPatterns direct;
  private final Fallback fallback;

  /** What applies to a scheme without a proxy. */
  private enum Fallback {
    DIRECT,
    JVM
  }

  private ProxyRules(Map<String, HttpUrl> byScheme, HostPatterns direct, Fallback fallback) {
    this.byScheme = Map.copyOf(byScheme);
    this.direct = direct;
    this.fallback = fallback;
  }

  /** Uses no proxy. */
  public static ProxyRules none() {
    return new ProxyRules(Map.of(), HostPatterns.none(), Fallback.DIRECT);
  }

  /** Uses this proxy for every URL. */
  public static ProxyRules always(HttpUrl proxy) {
    return new ProxyRules(
        Map.of("http", proxy, "https", proxy), HostPatterns.none(), Fallback.DIRECT);
  }

  /**
   * Uses the proxies of {@code http_proxy}, {@code https_proxy}, {@code all_proxy} and {@code
   * no_proxy}, and those of the JVM where the variables are missing.
   */
  public static ProxyRules ofEnvironment(Map<String, String> environment) {
    if (noProxy(environment).equals("*")) {
      return none();
    }
    HttpUrl http = proxy(environment, "http_proxy", "all_proxy", "ALL_PROXY");
    HttpUrl https = proxy(environment, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY");
    Map<String, HttpUrl> byScheme = new HashMap<>();
    if (http != null) {
      byScheme.put("http", http);
    }
    if (https != null) {
      byScheme.put("https", https);
    }
    return new ProxyRules(byScheme, direct(environment), Fallback.JVM);
  }

  /** The proxy for a URL; empty for a direct connection. */
  public Optional<HttpUrl> find(HttpUrl url) {
    if (direct.matches(url.host()) || (fallback == Fallback.JVM && isLoopback(url.host()))) {
      return Optional.empty();
    }
    HttpUrl proxy = byScheme.get(url.scheme());
    return proxy != null || fallback == Fallback.DIRECT
        ? Optional.ofNullable(proxy)
        : ofTheJvm(url);
  }

  /** The proxies of environment and JVM don't apply to the local machine. */
  private static boolean isLoopback(String host) {
    return host.equalsIgnoreCase("localhost")
        || host.equals("::1")
        || host.matches("127(\\.[0-9]{1,3}){3}");
  }

  /** Whether a host is one of the proxies. */
  public boolean isProxy(String host) {
    return byScheme.values().stream().anyMatch(proxy -> proxy.host().equalsIgnoreCase(host))
        || (fallback == Fallback.JVM && isProxyOfTheJvm(host));
  }

  private static @Nullable HttpUrl proxy(Map<String, String> environment, String... names) {
    for (String name : names) {
      String text = environment.getOrDefault(name, "").strip();
      if (!text.isEmpty()) {
        try {
          HttpUrl proxy = HttpUrl.parse(text.contains("://") ? text : "http://" + text);
          if (proxy.scheme().equals("http")) {
            return proxy;
          }
        } catch (IllegalArgumentException e) {
          // The warning below doesn't show the text, which may contain a password.
        }
        LOG.log(Level.WARNING, "proxy ignored: only http proxies are supported variable={0}", name);
      }
    }
    return null;
  }

  private static String noProxy(Map<String, String> environment) {
    return environment.getOrDefault("no_proxy", environment.getOrDefault("NO_PROXY", "")).strip();
  }

  /** Parses {@code no_proxy}, in which a name also covers its subdomains. */
  private static HostPatterns direct(Map<String, String> environment) {
    List<String> items = new ArrayList<>();
    for (String item : Pattern.compile("[,\\s]+").split(noProxy(environment))) {
      String name = item.replaceFirst("^\\*?\\.", "");
      for (String each : List.of(name, "." + name)) {
        try {
          HostPatterns.parse(List.of(each));
          items.add(each);
        } catch (IllegalArgumentException e) {
          // A dot with an address is no pattern; like curl, ignore malformed items.
        }
      }
    }
    return HostPatterns.parse(items);
  }

  private static boolean isProxyOfTheJvm(String host) {
    return host.equalsIgnoreCase(System.getProperty("http.proxyHost"))
        || host.equalsIgnoreCase(System.getProperty("https.proxyHost"));
  }

  private static Optional<HttpUrl> ofTheJvm(HttpUrl url) {
    ProxySelector selector = ProxySelector.getDefault();
    if (selector == null) {
      return Optional.empty();
    }
    try {
      URI uri = new URI(url.scheme(), null, url.host(), url.port(), "/", null, null);
      for (Proxy proxy : selector.select(uri)) {
        if (proxy.type() == Proxy.Type.HTTP && proxy.address() instanceof InetSocketAddress at) {
          return Optional.of(new HttpUrl("http", null, at.getHostString(), at.getPort(), "/"));
        }
      }
    } catch (URISyntaxException | IllegalArgumentException e) {
      // The JVM's proxy selector can't take such a host.
    }
    return Optional.empty();
  }
}
