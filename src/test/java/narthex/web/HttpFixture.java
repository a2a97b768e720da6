package narthex.web;

import jakarta.servlet.Filter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import narthex.nix.NarFileName;
import narthex.standalone.ServerUnderTest;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.Soon;
import narthex.testing.node.Sample;

/** A whole server with one upstream, and a client that detects broken transfers. */
final class HttpFixture implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  final FaultyUpstream upstream;
  private final ServerUnderTest server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private HttpFixture(FaultyUpstream upstream, ServerUnderTest server) {
    this.upstream = upstream;
    this.server = server;
  }

  static HttpFixture start(Path folder) throws IOException {
    return start(folder, Map.of());
  }

  /** Starts a server with the usual settings, overridden by these. */
  static HttpFixture start(Path folder, Map<String, String> more) throws IOException {
    FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    return new HttpFixture(upstream, ServerUnderTest.start(folder, settings(upstream, more)));
  }

  /** Starts a server with such settings and one more filter, which runs after all others. */
  static HttpFixture startWith(
      Class<? extends Filter> filter, Path folder, Map<String, String> more) throws IOException {
    FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    return new HttpFixture(
        upstream, ServerUnderTest.startWith(filter, folder, settings(upstream, more)));
  }

  private static Map<String, String> settings(FaultyUpstream upstream, Map<String, String> more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("narthex.upstreams", upstream.url());
    settings.put("narthex.upstream.public-keys", Sample.KEY.publicKey().print());
    settings.put("narthex.upstream.retry-within", "300ms");
    settings.put("narthex.upstream.negative-ttl", "0s");
    settings.put("narthex.upstream.failures-to-open", "1000");
    settings.putAll(more);
    return settings;
  }

  /**
   * Publishes the sample and requests its narinfo until the server knows it. On a slow machine the
   * first request may exceed the short upstream timeout.
   */
  Sample know(Sample sample) {
    sample.publish(upstream);
    String target = sample.narInfoTarget();
    Soon.await(target).until(() -> get(target).statusCode() == 200);
    return sample;
  }

  /**
   * Waits until the NAR file is stored: a response ends before its row is committed. Asks under
   * /upload, where only stored NARs exist.
   */
  void awaitStored(String target) {
    Soon.await(target).until(() -> head("/upload" + target).statusCode() == 200);
  }

  static String path(NarFileName name) {
    return "/nar/" + name.print();
  }

  HttpResponse<byte[]> get(String path, String... headers) throws IOException {
    return send("GET", path, headers);
  }

  HttpResponse<byte[]> head(String path, String... headers) throws IOException {
    return send("HEAD", path, headers);
  }

  HttpResponse<byte[]> send(String method, String path, String... headers) throws IOException {
    return send(method, path, BodyHandlers.ofByteArray(), headers);
  }

  HttpResponse<InputStream> open(String path, String... headers) throws IOException {
    return send("GET", path, BodyHandlers.ofInputStream(), headers);
  }

  /** PUT with Content-Length. */
  HttpResponse<byte[]> put(String path, byte[] body, String... headers) throws IOException {
    return send("PUT", path, BodyPublishers.ofByteArray(body), BodyHandlers.ofByteArray(), headers);
  }

  HttpResponse<byte[]> post(String path, byte[] body, String... headers) throws IOException {
    return send(
        "POST", path, BodyPublishers.ofByteArray(body), BodyHandlers.ofByteArray(), headers);
  }

  /** PUT with chunked transfer coding, without Content-Length. */
  HttpResponse<byte[]> putChunked(String path, byte[] body, String... headers) throws IOException {
    return send(
        "PUT",
        path,
        BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)),
        BodyHandlers.ofByteArray(),
        headers);
  }

  /** Sends these bytes over a new connection, and reads until the server closes it. */
  String raw(byte[]... parts) throws IOException {
    URI url = URI.create(server.url());
    try (Socket socket = new Socket(url.getHost(), url.getPort())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      for (byte[] part : parts) {
        socket.getOutputStream().write(part);
      }
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  int port() {
    return URI.create(server.url()).getPort();
  }

  private <T> HttpResponse<T> send(
      String method, String path, HttpResponse.BodyHandler<T> handler, String... headers)
      throws IOException {
    return send(method, path, BodyPublishers.noBody(), handler, headers);
  }

  private <T> HttpResponse<T> send(
      String method,
      String path,
      HttpRequest.BodyPublisher body,
      HttpResponse.BodyHandler<T> handler,
      String... headers)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.url() + path))
            .timeout(PATIENCE)
            .method(method, body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return client.send(request.build(), handler);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    server.close();
    upstream.close();
  }
}
