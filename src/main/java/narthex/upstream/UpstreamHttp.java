package narthex.upstream;

import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.auth.BasicAuthCache;
import org.apache.hc.client5.http.impl.auth.BasicCredentialsProvider;
import org.apache.hc.client5.http.impl.auth.BasicScheme;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * A pool of connections to one upstream. It has no threads of its own. Redirects are followed;
 * credentials go only to the host they are meant for; bodies are never decoded here. Safe for use
 * by many threads.
 */
final class UpstreamHttp implements Closeable {
  /** Idle connections are checked before use after this; servers close them without a word. */
  private static final TimeValue VALIDATE_AFTER = TimeValue.ofSeconds(2);

  private static final TimeValue CONNECTION_LIFE = TimeValue.ofMinutes(5);

  private final CloseableHttpClient client;
  private final RequestConfig config;
  private final Logins logins;

  /** Whose credentials go with a request to a URL. */
  interface Logins {
    Optional<Netrc.Login> find(URI url);
  }

  UpstreamHttp(UpstreamSettings.Limits limits, Logins logins) {
    this.logins = logins;
    Timeout read = Timeout.of(limits.read());
    PoolingHttpClientConnectionManager connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setMaxConnPerRoute(limits.maxConnections())
            .setMaxConnTotal(2 * limits.maxConnections())
            .setDefaultSocketConfig(SocketConfig.custom().setSoTimeout(read).build())
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(Timeout.of(limits.connect()))
                    .setSocketTimeout(read)
                    .setValidateAfterInactivity(VALIDATE_AFTER)
                    .setTimeToLive(CONNECTION_LIFE)
                    .build())
            .build();
    this.config =
        RequestConfig.custom()
            .setResponseTimeout(read)
            .setConnectionRequestTimeout(Timeout.of(limits.read()))
            .setProtocolUpgradeEnabled(false)
            .build();
    this.client =
        HttpClients.custom()
            .useSystemProperties()
            .setConnectionManager(connections)
            .setDefaultRequestConfig(config)
            .disableAutomaticRetries()
            .disableContentCompression()
            .disableCookieManagement()
            .setUserAgent("Narthex")
            .build();
  }

  /**
   * Sends a request; the caller closes the answer.
   *
   * @param method GET or HEAD
   * @param headers names and values
   */
  UpstreamAnswer open(String method, URI url, Map<String, String> headers) throws IOException {
    HttpUriRequestBase request = new HttpUriRequestBase(method, url);
    headers.forEach(request::addHeader);
    HttpClientContext context = HttpClientContext.create();
    context.setRequestConfig(config);
    Optional<Netrc.Login> login = logins.find(url);
    if (login.isPresent()) {
      authenticate(context, url, login.get());
    }
    return new UpstreamAnswer(client.executeOpen(null, request, context), request);
  }

  private static void authenticate(HttpClientContext context, URI url, Netrc.Login login) {
    HttpHost host = new HttpHost(url.getScheme(), url.getHost(), port(url));
    UsernamePasswordCredentials credentials =
        new UsernamePasswordCredentials(login.user(), login.password().toCharArray());
    BasicScheme scheme = new BasicScheme();
    scheme.initPreemptive(credentials);
    BasicAuthCache known = new BasicAuthCache();
    known.put(host, scheme);
    BasicCredentialsProvider provider = new BasicCredentialsProvider();
    provider.setCredentials(new AuthScope(host), credentials);
    context.setAuthCache(known);
    context.setCredentialsProvider(provider);
  }

  private static int port(URI url) {
    if (url.getPort() >= 0) {
      return url.getPort();
    }
    return "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}
