package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CacheClientTest {
  private static final int TRIES = 3;

  private final Queue<Integer> statuses = new ConcurrentLinkedQueue<>();
  private final Queue<String> bodies = new ConcurrentLinkedQueue<>();

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
          Integer status = statuses.poll();
          if (status == null) {
            exchange.close(); // breaks the connection
            return;
          }
          exchange.getResponseHeaders().set("Location", "/elsewhere");
          byte[] line = "a reason\n".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, line.length);
          exchange.getResponseBody().write(line);
          exchange.close();
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
