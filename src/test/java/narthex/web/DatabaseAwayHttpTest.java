package narthex.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import narthex.nix.Compression;
import narthex.testing.LogRecords;
import narthex.testing.PortPair;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL stops while the server runs, and starts again. */
class DatabaseAwayHttpTest {
  private static final int REQUESTS = 20;

  @TempDir private Path folder;

  private EmbeddedPostgres database(int port) throws IOException {
    File data = folder.resolve("postgresql").toFile();
    return EmbeddedPostgres.builder()
        .setPort(port)
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .start();
  }

  private static Map<String, String> settings(int port) {
    return Map.of(
        "narthex.database.url", "jdbc:postgresql://localhost:" + port + "/postgres",
        "narthex.database.user", "postgres",
        "narthex.database.password", "postgres");
  }

  @Test
  void aDatabaseThatGoesAwayAndComesBackNeedsNoRestart() throws Exception {
    int port = PortPair.find();
    EmbeddedPostgres first = database(port);
    try (HttpFixture http = HttpFixture.start(folder.resolve("server"), settings(port))) {
      Sample known = http.know(Sample.of(91, Compression.XZ));
      String nar = HttpFixture.path(known.fileName());
      assertEquals(200, http.get(nar).statusCode());
      assertEquals(200, http.get("/readyz").statusCode());
      first.close();

      assertAnswersWhileAway(http, known);

      try (EmbeddedPostgres second = database(port)) {
        assertEquals(port, second.getPort());
        assertEquals(200, http.get("/readyz").statusCode());
        assertEquals(200, http.get(known.narInfoTarget()).statusCode());
        assertArrayEquals(known.bytes(known.fileName(), 0), http.get(nar).body());
        Sample fresh = http.know(Sample.of(92, Compression.XZ));
        String other = HttpFixture.path(fresh.fileName());
        assertArrayEquals(fresh.bytes(fresh.fileName(), 0), http.get(other).body());
      }
    }
  }

  /** The client's timeout is shorter than the timeout of a connection to SQLite. */
  private static void assertAnswersWhileAway(HttpFixture http, Sample known) throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(REQUESTS);
    try (LogRecords log = LogRecords.listen()) {
      List<Future<HttpResponse<byte[]>>> narInfos = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        String path = String.format(Locale.ROOT, "/%032d.narinfo", i);
        narInfos.add(clients.submit(() -> http.get(path)));
      }
      for (Future<HttpResponse<byte[]>> narInfo : narInfos) {
        assertEquals(404, narInfo.get().statusCode());
        assertEquals(
            "no-store", narInfo.get().headers().firstValue("cache-control").orElse("none"));
      }
      assertEquals(
          REQUESTS,
          log.ours().stream().filter(line -> line.startsWith("narinfo lookup failed")).count());
      assertEquals(
          List.of(),
          log.withTrace().stream().filter(line -> line.startsWith("com.zaxxer.hikari")).toList());
    } finally {
      clients.shutdownNow();
    }
    HttpResponse<byte[]> nar = http.get(HttpFixture.path(known.fileName()));
    if (nar.statusCode() == 200) { // from memory
      assertArrayEquals(known.bytes(known.fileName(), 0), nar.body());
    } else {
      assertEquals(503, nar.statusCode());
    }
    assertEquals(503, http.get("/readyz").statusCode());
    assertEquals(200, http.get("/healthz").statusCode());
  }
}
