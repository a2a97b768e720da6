package narthex.standalone;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CacheClientTest {
  private static final int TRIES = 3;

  private final Queue<Integer> statuses = new ConcurrentLinkedQueue<>();
  private final Queue<String> bodies = new ConcurrentLinkedQueue<>();
  private final Queue<String> targets = new ConcurrentLinkedQueue<>();
  private final Queue<String> logins = new ConcurrentLinkedQueue<>();
  private final Map<String, String> fields = new ConcurrentHashMap<>();
  private final Semaphore answered = new Semaphore(0);

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private HttpServer server;

  @SuppressWarnings("NullAway.Init")
  private CacheClient client;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          bodies.add(new String(body, StandardCharsets.UTF_8));
          targets.add(exchange.getRequestURI().toString());
          String login = exchange.getRequestHeaders().getFirst("Proxy-Authorization");
          if (login != null) {
            logins.add(login);
          }
          Integer status = statuses.poll();
          if (status == null) {
            exchange.close(); // breaks the connection
            return;
          }
          exchange.getResponseHeaders().set("Location", "/elsewhere");
          fields.forEach(exchange.getResponseHeaders()::set);
          byte[] line = "a reason\n".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, line.length);
          exchange.getResponseBody().write(line);
          exchange.close();
          answered.release();
        });
    server.start();
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/cache/upload/");
    client = new CacheClient(url, "the-token", TRIES, Duration.ofMillis(1));
  }

  @AfterEach
  void stop() {
    client.close();
    server.stop(0);
  }

  @Test
  void whatPassesIsTriedAgainWithTheSameBody() throws IOException {
    statuses.addAll(List.of(503, 429, 201));

    client.put("x", () -> BodyPublishers.ofString("body"));

    assertEquals(List.of("body", "body", "body"), List.copyOf(bodies));
  }

  @Test
  void aServerThatIsBusySaysWhenToTryAgain() throws Exception {
    fields.put("Retry-After", "100");
    statuses.addAll(List.of(503, 201));
    CompletableFuture<Void> put =
        CompletableFuture.runAsync(
            () -> assertThrows(IOException.class, () -> client.put("x", BodyPublishers::noBody)));
    answered.acquire();
    client.close(); // ends the pause, which would be over after a millisecond
    put.get(30, TimeUnit.SECONDS);

    assertEquals(1, bodies.size());
  }

  @Test
  void theTimeToTryAgainIsASpanOrADate() {
    Instant now = Instant.parse("2026-11-26T12:00:00Z");
    for (var each :
        Map.of(
                "7", 7,
                "0", 0,
                "99999", 300,
                "Thu, 26 Nov 2026 12:00:09 GMT", 9,
                "Thu, 26 Nov 2026 11:00:00 GMT", 0,
                "Thu, 26 Nov 2026 15:00:00 GMT", 300,
                "-3", 0,
                "soon", 0)
            .entrySet()) {
      assertEquals(
          Duration.ofSeconds(each.getValue()),
          CacheClient.retryAfter(each.getKey(), now),
          each.getKey());
    }
  }

  @Test
  void aProxyOfTheEnvironmentGetsTheRequest() throws Exception {
    statuses.add(200);
    String proxy = "http://me:pass@127.0.0.1:" + server.getAddress().getPort();
    URI url = URI.create("http://cache.example/some");
    try (CacheClient proxied =
        new CacheClient(url, "t", 1, Duration.ZERO, new Proxies(Map.of("http_proxy", proxy)))) {
      assertEquals(200, proxied.get("/pubkey").status());
    }

    assertEquals(List.of("http://cache.example/some/pubkey"), List.copyOf(targets));
    assertEquals(List.of("Basic bWU6cGFzcw=="), List.copyOf(logins));
  }

  @Test
  void aTunnelThroughAProxyGetsItsPassword() throws Exception {
    try (ServerSocket proxy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<String> head =
          CompletableFuture.supplyAsync(
              () -> {
                try (Socket socket = proxy.accept()) {
                  BufferedReader in =
                      new BufferedReader(
                          new InputStreamReader(
                              socket.getInputStream(), StandardCharsets.US_ASCII));
                  String lines =
                      in.lines().takeWhile(line -> !line.isEmpty()).collect(joining("\n"));
                  socket
                      .getOutputStream()
                      .write(
                          "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"
                              .getBytes(StandardCharsets.US_ASCII));
                  return lines;
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      Map<String, String> environment =
          Map.of(
              "https_proxy",
              "http://me:pass@127.0.0.1:" + proxy.getLocalPort(),
              "no_proxy",
              "other.example");
      Proxies proxies = new Proxies(environment);
      try (CacheClient proxied =
          new CacheClient(URI.create("https://cache.example"), "t", 1, Duration.ZERO, proxies)) {
        IOException refusal = assertThrows(IOException.class, () -> proxied.get("/pubkey"));
        assertEquals("https://cache.example: Tunnel failed, got: 403", refusal.getMessage());
      }

      String told = head.get(30, TimeUnit.SECONDS);
      assertTrue(told.startsWith("CONNECT cache.example:443 "), told);
      assertTrue(told.contains("\nProxy-Authorization: Basic bWU6cGFzcw=="), told);
      assertFalse(told.contains("Bearer"), told);
      assertEquals(List.of(Proxy.NO_PROXY), proxies.select(URI.create("https://x.other.example/")));
      assertEquals(Optional.empty(), proxies.authorization(URI.create("https://other.example/")));
    }
  }

  @Test
  void aBrokenConnectionIsTriedOnlySoOften() {
    IOException failure =
        assertThrows(
            IOException.class, () -> client.put("x", () -> BodyPublishers.ofString("body")));

    assertTrue(String.valueOf(failure.getMessage()).contains("/cache: "), failure.getMessage());
    assertTrue(bodies.size() >= TRIES, bodies.toString());
  }

  @Test
  void aRefusalIsNotTriedAgainAndGivesTheReason() {
    for (int status : new int[] {400, 401, 403, 413}) {
      bodies.clear();
      statuses.addAll(new ArrayDeque<>(List.of(status, 200)));
      IOException refusal =
          assertThrows(IOException.class, () -> client.put("x", BodyPublishers::noBody));
      assertEquals(
          "uploading x was refused, status " + status + ": a reason", refusal.getMessage());
      assertEquals(1, bodies.size());
      statuses.clear();
    }
  }

  @Test
  void aServerWithoutTheQuestionIsNamed() {
    statuses.add(404);

    IOException failure = assertThrows(IOException.class, () -> client.missing(List.of("a")));

    assertTrue(
        String.valueOf(failure.getMessage()).contains("not a Narthex server"),
        failure.getMessage());
  }

  @Test
  void aRedirectIsNamedAndGetsNoToken() {
    for (int status : new int[] {301, 302, 307, 308}) {
      bodies.clear();
      statuses.addAll(List.of(status, 200));
      IOException refusal =
          assertThrows(
              IOException.class, () -> client.put("x", () -> BodyPublishers.ofString("body")));
      assertTrue(
          String.valueOf(refusal.getMessage()).contains("/cache redirects to /elsewhere;"),
          refusal.getMessage());
      assertEquals(1, bodies.size());
      statuses.clear();
    }
  }

  @Test
  void aLargeBodyHasMoreTime() {
    long slowLink = 1_000_000 / 8; // bytes per second

    for (long bytes : new long[] {1L << 30, 20L << 30}) {
      assertTrue(CacheClient.time(bytes).toSeconds() > bytes / slowLink, bytes + " bytes");
    }
    assertEquals(CacheClient.time(0), CacheClient.time(-1));
  }

  @Test
  void closingEndsTheWaitForTheNextTry() {
    statuses.add(503);
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    CacheClient patient = new CacheClient(url, null, TRIES, Duration.ofDays(1));
    patient.close();

    assertThrows(IOException.class, () -> patient.get("/"));
  }
}
