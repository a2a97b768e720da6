package narthex.upstream;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import narthex.nix.HttpUrl;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.auth.BasicCredentialsProvider;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * An HTTP client with a connection pool for one upstream and the servers that it redirects to. Has
 * no threads of its own, sends credentials only to the server they belong to, and doesn't decode
 * bodies. Thread-safe.
 */
final class UpstreamHttp implements Closeable {
  /** Connections idle for longer are checked before use: the server may have closed them. */
  private static final TimeValue VALIDATE_AFTER = TimeValue.ofSeconds(2);

  private static final TimeValue CONNECTION_LIFE = TimeValue.ofMinutes(5);

  private static final int MAX_REDIRECTS = 10; // as Nix

  private static final String PROXY = "narthex.proxy";

  private final CloseableHttpClient client;
  private final RequestConfig config;
  private final UpstreamRoutes routes;

  /**
   * @param routes proxies, allowed addresses and credentials
   * @param connections most connections to one server at once
   */
  UpstreamHttp(UpstreamPolicy.Limits limits, UpstreamRoutes routes, int connections) {
    this.routes = routes;
    Timeout read = Timeout.of(limits.read());
    PoolingHttpClientConnectionManagerBuilder pool =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setMaxConnPerRoute(connections)
            .setMaxConnTotal(2 * connections)
            .setDnsResolver(new CheckedResolver(routes))
            .setConnectionFactory(
                ManagedHttpClientConnectionFactory.builder()
                    .http1Config(CountedHeads.config())
                    .responseParserFactory(new CountedHeads())
                    .build())
            .setDefaultSocketConfig(SocketConfig.custom().setSoTimeout(read).build())
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(Timeout.of(limits.connect()))
                    .setSocketTimeout(read)
                    .setValidateAfterInactivity(VALIDATE_AFTER)
                    .setTimeToLive(CONNECTION_LIFE)
                    .build());
    SSLContext tls = routes.network().tls();
    pool.setTlsSocketStrategy(tls == null ? new JvmTls() : new DefaultClientTlsStrategy(tls));
    this.config =
        RequestConfig.custom()
            .setResponseTimeout(read)
            .setConnectionRequestTimeout(Timeout.of(limits.read().multipliedBy(2)))
            .setProtocolUpgradeEnabled(false)
            .build();
    this.client =
        HttpClients.custom()
            .setConnectionManager(pool.build())
            .setDefaultRequestConfig(config)
            .setRoutePlanner(UpstreamHttp::route)
            .disableRedirectHandling()
            .disableAutomaticRetries()
            .disableContentCompression()
            .disableCookieManagement()
            .setUserAgent("Narthex")
            .build();
  }

  /** Resolves names to allowed addresses only. */
  private record CheckedResolver(UpstreamRoutes routes) implements DnsResolver {
    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
      return routes.resolve(host);
    }

    @Override
    public String resolveCanonicalHostname(String host) throws UnknownHostException {
      return SystemDefaultDnsResolver.INSTANCE.resolveCanonicalHostname(host);
    }
  }

  /**
   * Sends a request and follows redirects; the caller closes the response.
   *
   * @param method GET or HEAD
   * @param headers additional headers
   * @throws TroubleException if the upstream didn't respond or redirects too often
   * @throws IOException if all connections are in use
   */
  UpstreamAnswer send(String method, HttpUrl url, Map<String, String> headers) throws IOException {
    HttpUrl at = url;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      UpstreamAnswer answer = attempt(method, at, headers);
      String location = answer.header(HttpHeaders.LOCATION);
      if (location == null || !isRedirect(answer.code())) {
        return answer;
      }
      answer.closeUnwanted();
      at = target(at, location);
    }
    throw new TroubleException(
        url.print() + " redirects too often", TroubleException.Retry.POINTLESS);
  }

  private static boolean isRedirect(int code) {
    return switch (code) {
      case 301, 302, 303, 307, 308 -> true;
      default -> false;
    };
  }

  /** Percent-encodes the non-ASCII bytes of a Location, which the library decoded as ISO-8859-1. */
  private static HttpUrl target(HttpUrl from, String location) throws TroubleException {
    StringBuilder text = new StringBuilder(location.length());
    for (char c : location.toCharArray()) {
      text.append(c < 0x80 ? String.valueOf(c) : String.format(Locale.ROOT, "%%%02X", (int) c));
    }
    try {
      return from.resolve(text.toString());
    } catch (IllegalArgumentException e) {
      throw new TroubleException(
          from.print() + " redirects to an unusable URL: " + e.getMessage(),
          TroubleException.Retry.POINTLESS);
    }
  }

  private UpstreamAnswer attempt(String method, HttpUrl url, Map<String, String> headers)
      throws IOException {
    try {
      return open(method, url, headers);
    } catch (ConnectionRequestTimeoutException ours) {
      throw new IOException("all connections to " + url.host() + " are in use", ours);
    } catch (IOException e) {
      TroubleException.Own own =
          routes.isOwn(url) ? TroubleException.Own.YES : TroubleException.Own.NO;
      throw TroubleException.noAnswer(url, own, e);
    }
  }

  private UpstreamAnswer open(String method, HttpUrl url, Map<String, String> headers)
      throws IOException {
    HttpHost host = new HttpHost(url.scheme(), url.host(), url.port());
    HttpUriRequestBase request = new RawRequest(method, url);
    headers.forEach(request::addHeader);
    routes
        .login(url)
        .ifPresent(login -> request.addHeader(HttpHeaders.AUTHORIZATION, basic(login)));
    HttpClientContext context = HttpClientContext.create();
    context.setRequestConfig(config);
    Optional<HttpUrl> proxy = routes.proxy(url);
    if (proxy.isPresent()) {
      HttpUrl at = proxy.get();
      HttpHost proxyHost = new HttpHost(at.scheme(), at.host(), at.effectivePort());
      context.setAttribute(PROXY, proxyHost);
      at.login().ifPresent(login -> authenticate(context, proxyHost, login));
    }
    return new UpstreamAnswer(client.executeOpen(host, request, context), request);
  }

  private static HttpRoute route(HttpHost target, HttpContext context) {
    boolean secure = "https".equalsIgnoreCase(target.getSchemeName());
    int port = target.getPort() >= 0 ? target.getPort() : secure ? 443 : 80;
    HttpHost to = new HttpHost(target.getSchemeName(), target.getHostName(), port);
    return context.getAttribute(PROXY) instanceof HttpHost proxy
        ? new HttpRoute(to, null, proxy, secure)
        : new HttpRoute(to, null, secure);
  }

  private static String basic(HttpUrl.Login login) {
    byte[] pair = (login.user() + ":" + login.password()).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  private static void authenticate(HttpClientContext context, HttpHost proxy, HttpUrl.Login login) {
    BasicCredentialsProvider provider = new BasicCredentialsProvider();
    provider.setCredentials(
        new AuthScope(proxy),
        new UsernamePasswordCredentials(login.user(), login.password().toCharArray()));
    context.setCredentialsProvider(provider);
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}
