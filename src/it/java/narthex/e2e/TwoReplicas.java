package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import narthex.s3.S3Proxy;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.PortPair;

/**
 * Two servers that are replicas of one cache: they share a PostgreSQL database, a bucket and an
 * upstream. Closing it stops all of them.
 */
final class TwoReplicas implements AutoCloseable {
  private static final Duration SOON = Duration.ofSeconds(60);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final NarthexServer first;
  private final NarthexServer second;
  private String mode;

  private TwoReplicas(Path folder, String mode) throws Exception {
    this.mode = mode;
    open.push(upstream);
    try {
      EmbeddedPostgres database = EmbeddedPostgres.builder().start();
      open.push(database);
      S3Proxy bucket = S3Proxy.start(folder);
      open.push(bucket);
      Map<String, String> settings = new TreeMap<>();
      settings.put("narthex.upstreams", upstream.url());
      settings.put("narthex.upstream.allow-unsigned", "true");
      settings.put("narthex.upload.enabled", "true");
      settings.put("narthex.delete.enabled", "true");
      settings.put(
          "narthex.database.url",
          "jdbc:postgresql://localhost:" + database.getPort() + "/postgres");
      settings.put("narthex.database.user", "postgres");
      settings.put("narthex.database.password", "postgres");
      settings.put("narthex.blob.url", "s3://" + S3Proxy.BUCKET + "/x?endpoint=" + bucket.url());
      settings.put("narthex.blob.access-key", S3Proxy.ACCESS_KEY);
      settings.put("narthex.blob.secret-key", S3Proxy.SECRET_KEY);
      settings.put("narthex.cdc.mode", mode);
      settings.put("narthex.cluster.enabled", "true");
      settings.put("narthex.cluster.bind-address", "127.0.0.1");
      settings.put("narthex.cluster.expected-members", "2");
      first = start(settings);
      second = start(settings);
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
  }

  /** Starts everything in off mode; returns when the replicas know each other. */
  static TwoReplicas start(Path folder) throws Exception {
    return start(folder, "off");
  }

  /** Starts everything in a CDC mode; returns when the replicas know each other. */
  static TwoReplicas start(Path folder, String mode) throws Exception {
    TwoReplicas replicas = new TwoReplicas(folder, mode);
    try {
      replicas.awaitBoth();
      return replicas;
    } catch (RuntimeException | AssertionError e) {
      replicas.close();
      throw e;
    }
  }

  private void awaitBoth() {
    awaitMembers(first, 2);
    awaitMembers(second, 2);
  }

  /** Restarts both replicas in this CDC mode, unless they are in it. */
  void switchTo(String wanted) {
    if (!mode.equals(wanted)) {
      for (NarthexServer server : List.of(first, second)) {
        server.stop();
        server.restart(Map.of("narthex.cdc.mode", wanted));
      }
      mode = wanted;
      awaitBoth();
    }
  }

  private NarthexServer start(Map<String, String> settings) throws IOException {
    Map<String, String> own = new TreeMap<>(settings);
    own.put("narthex.cluster.port", Integer.toString(PortPair.find()));
    NarthexServer server = NarthexServer.start(own);
    open.push(server);
    return server;
  }

  /** Starts the first replica again after it was killed. */
  void restartFirst() {
    first.restart();
    awaitBoth();
  }

  /** Restarts the first replica in another CDC mode than the second one has. */
  void restartFirst(String itsMode) {
    first.stop();
    first.restart(Map.of("narthex.cdc.mode", itsMode));
    awaitBoth();
  }

  FaultyUpstream upstream() {
    return upstream;
  }

  NarthexServer first() {
    return first;
  }

  NarthexServer second() {
    return second;
  }

  /** Waits until a replica says that the cluster has so many members. */
  void awaitMembers(NarthexServer server, int members) {
    long deadline = System.nanoTime() + SOON.toNanos();
    String wanted = "members=" + members;
    while (!server.fetch("/readyz").body().contains(wanted)) {
      assertTrue(System.nanoTime() < deadline, () -> server.fetch("/readyz").body() + server.log());
    }
  }

  /** Opens a response whose body is streamed. */
  HttpResponse<InputStream> get(NarthexServer server, String target) throws IOException {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create(server.url() + target)).build(),
          BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** Sends a PUT, which must create what it names. */
  void put(NarthexServer server, String target, byte[] body) throws IOException {
    send(server, target, HttpRequest.BodyPublishers.ofByteArray(body));
  }

  private void send(NarthexServer server, String target, HttpRequest.BodyPublisher body)
      throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server.url() + "/upload" + target)).PUT(body).build();
    try {
      assertEquals(201, http.send(request, BodyHandlers.ofString()).statusCode());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }
}
