package narthex.upstream;

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
 * Through which HTTP proxy a URL is requested: as set, else as the environment says, as curl reads
 * it, else as the JVM says. Immutable.
 *
 * @see <a href="https://everything.curl.dev/usingcurl/proxies/env.html">Proxy environment variables
 *     of curl</a>
 */
public final class ProxyRules {
  private static final System.Logger LOG = System.getLogger(ProxyRules.class.getName());

  private final Map<String, HttpUrl> byScheme;
  private final HostPatterns direct;
  private final Rest rest;

  private enum Rest {
    DIRECT,
    AS_THE_JVM
  }

  private ProxyRules(Map<String, HttpUrl> byScheme, HostPatterns direct, Rest rest) {
    this.byScheme = Map.copyOf(byScheme);
    this.direct = direct;
    this.rest = rest;
  }

  /** No proxy at all. */
  public static ProxyRules none() {
    return new ProxyRules(Map.of(), HostPatterns.none(), Rest.DIRECT);
  }

  /** This proxy for every URL. */
  public static ProxyRules always(HttpUrl proxy) {
    return new ProxyRules(Map.of("http", proxy, "https", proxy), HostPatterns.none(), Rest.DIRECT);
  }

  /** As {@code http_proxy}, {@code https_proxy}, {@code all_proxy} and {@code no_proxy} say. */
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
    return new ProxyRules(byScheme, direct(environment), Rest.AS_THE_JVM);
  }

  /** The proxy for a URL; empty if it is requested directly. */
  Optional<HttpUrl> find(HttpUrl url) {
    if (direct.matches(url.host()) || (rest == Rest.AS_THE_JVM && isLoopback(url.host()))) {
      return Optional.empty();
    }
    HttpUrl proxy = byScheme.get(url.scheme());
    return proxy != null || rest == Rest.DIRECT ? Optional.ofNullable(proxy) : ofTheJvm(url);
  }

  /** The environment's proxies are for other machines. */
  private static boolean isLoopback(String host) {
    return host.equalsIgnoreCase("localhost")
        || host.equals("::1")
        || host.matches("127(\\.[0-9]{1,3}){3}");
  }

  /** Whether a host is that of a proxy. */
  boolean isProxy(String host) {
    return byScheme.values().stream().anyMatch(proxy -> proxy.host().equalsIgnoreCase(host))
        || (rest == Rest.AS_THE_JVM && isProxyOfTheJvm(host));
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
          // Warned of below; its text may hold a password.
        }
        LOG.log(Level.WARNING, "proxy ignored: only http proxies can be used variable={0}", name);
      }
    }
    return null;
  }

  private static String noProxy(Map<String, String> environment) {
    return environment.getOrDefault("no_proxy", environment.getOrDefault("NO_PROXY", "")).strip();
  }

  /** A name there stands for the names below it too. */
  private static HostPatterns direct(Map<String, String> environment) {
    List<String> items = new ArrayList<>();
    for (String item : Pattern.compile("[,\\s]+").split(noProxy(environment))) {
      String name = item.replaceFirst("^\\*?\\.", "");
      for (String each : List.of(name, "." + name)) {
        try {
          HostPatterns.parse(List.of(each));
          items.add(each);
        } catch (IllegalArgumentException e) {
          // An address has no names below it, and curl skips what it does not understand.
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
      // The JVM's rules have no word for such a host.
    }
    return Optional.empty();
  }
}
