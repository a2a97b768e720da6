package narthex.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RelayTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private FaultyUpstream server;
  private Relay relay;

  @BeforeEach
  void start() {
    server = FaultyUpstream.start();
    relay = Relay.to(server.url());
  }

  @AfterEach
  void stop() {
    relay.close();
    server.close();
  }

  @Test
  void requestsAndAnswersPassAndAreLogged() throws Exception {
    server.put("/some", "thing");

    assertEquals("thing", send(get("/some")).get(20, TimeUnit.SECONDS).body());
    assertEquals(404, send(get("/other")).get(20, TimeUnit.SECONDS).statusCode());

    assertEquals(1, relay.requests().count("GET", "/some"));
    assertEquals(1, server.requests().count("GET", "/some"));
    assertEquals(2, relay.requests().all().size());
  }

  @Test
  void aBodyIsHeldBackUntilTheGateOpens() throws Exception {
    Gate gate = new Gate();
    relay.hold(request -> request.method().equals("PUT"), 3, gate);

    CompletableFuture<HttpResponse<String>> put = send(put("/held", "0123456789"));
    gate.awaitArrivals(1, SOON);
    assertFalse(put.isDone());

    gate.open();
    assertEquals(405, put.get(20, TimeUnit.SECONDS).statusCode());
    assertEquals(1, server.requests().count("PUT", "/held"));
  }

  @Test
  void requestsFailInTurnByAnErrorAndByBrokenConnections() throws Exception {
    server.put("/some", "thing");

    relay.failEvery(1);
    assertEquals(503, send(get("/some")).get(20, TimeUnit.SECONDS).statusCode());
    CompletableFuture<HttpResponse<String>> broken = send(get("/some"));
    assertThrows(ExecutionException.class, () -> broken.get(20, TimeUnit.SECONDS));
    assertTrue(relay.failures() >= 2);

    relay.failEvery(0);
    assertEquals("thing", send(get("/some")).get(20, TimeUnit.SECONDS).body());
  }

  private CompletableFuture<HttpResponse<String>> send(HttpRequest request) {
    return http.sendAsync(request, BodyHandlers.ofString());
  }

  private HttpRequest get(String target) {
    return HttpRequest.newBuilder(URI.create(relay.url() + target)).build();
  }

  private HttpRequest put(String target, String body) {
    return HttpRequest.newBuilder(URI.create(relay.url() + target))
        .PUT(BodyPublishers.ofString(body))
        .build();
  }
}
