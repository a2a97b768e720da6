package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import narthex.standalone.ServerUnderTest;
import narthex.testing.Soon;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients and load balancers see of a server that stops. */
class StopHttpTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Longer than any test; an interrupt ends it. */
  private static final Duration LONG = Duration.ofHours(1);

  @TempDir private Path folder;

  private final HttpClient client = HttpClient.newHttpClient();

  private HttpResponse<String> get(String url) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(PATIENCE).build();
    return client.send(request, BodyHandlers.ofString());
  }

  @Test
  void readinessFallsBeforeThePortCloses() throws Exception {
    ServerUnderTest server = ServerUnderTest.start(folder, Map.of(), LONG);
    String url = server.url();
    assertEquals(200, get(url + "/readyz").statusCode());

    Thread stop = new Thread(server::close);
    stop.start();
    try {
      HttpResponse<String> ready =
          Soon.await("stop").until(() -> get(url + "/readyz"), it -> it.statusCode() != 200);

      assertEquals(503, ready.statusCode());
      assertEquals("stopping\n", ready.body());
      assertEquals(200, get(url + "/healthz").statusCode());
      assertEquals(200, get(url + "/nix-cache-info").statusCode());
    } finally {
      stop.interrupt();
      stop.join();
    }
    assertThrows(IOException.class, () -> get(url + "/healthz"));
  }
}
