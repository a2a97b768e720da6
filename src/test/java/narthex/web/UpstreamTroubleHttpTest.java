package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.LogRecords;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Failures of an upstream or the database, as seen by clients and in the log. */
class UpstreamTroubleHttpTest {
  private static final int REQUESTS = 20;
  private static final String BACKGROUND_TROUBLE = "background task failed";
  private static final String HASH = "sn5lbjwwmnbv2bq2xh5qhpm3lrn7nrlm";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;

  @Test
  void eachNarInfoIsOneLineWhileTheUpstreamIsDown() throws Exception {
    Map<String, String> settings = Map.of("narthex.upstream.retry-within", "0s");
    try (HttpFixture http = HttpFixture.start(folder, settings)) {
      http.upstream.goDown();
      try (LogRecords log = LogRecords.listen()) {
        for (int i = 0; i < REQUESTS; i++) {
          String path = "/" + String.format(Locale.ROOT, "%032d", i) + ".narinfo";
          assertEquals(404, http.get(path).statusCode());
        }

        assertEquals(List.of(), log.withTrace());
        List<String> lines = log.ours();
        assertEquals(REQUESTS, lines.size(), () -> String.join("\n", lines));
        assertTrue(lines.get(0).contains("Connection refused"), lines.get(0));
      }
    }
  }

  @Test
  void eachNarInfoIsOneLineWhileTheDatabaseIsBroken() throws Exception {
    try (HttpFixture http = HttpFixture.start(folder)) {
      breakDatabase("narinfo");
      try (LogRecords log = LogRecords.listen()) {
        for (int i = 0; i < REQUESTS; i++) {
          String path = "/" + String.format(Locale.ROOT, "%032d", i) + ".narinfo";
          assertEquals(404, http.get(path).statusCode());
        }

        assertEquals(List.of(), log.withTrace());
        List<String> lines =
            log.ours().stream().filter(line -> !line.startsWith(BACKGROUND_TROUBLE)).toList();
        assertEquals(REQUESTS, lines.size(), () -> String.join("\n", lines));
      }
    }
  }

  @Test
  void withoutRetriesAnUpstreamHasAllTheTimeOfItsFirstTry() throws Exception {
    Map<String, String> settings = Map.of("narthex.upstream.retry-within", "0s");
    Gate gate = new Gate();
    try (HttpFixture http = HttpFixture.start(folder, settings)) {
      Sample sample = Sample.of(82, Compression.XZ);
      sample.publish(http.upstream);
      http.upstream.fail(sample.narInfoTarget(), Fault.stallBeforeHeaders(gate), 1);
      CompletableFuture<Void> opened =
          CompletableFuture.runAsync(
              () -> {
                gate.awaitArrivals(1, PATIENCE);
                gate.open();
              });

      assertEquals(200, http.get(sample.narInfoTarget()).statusCode());
      opened.join();
      assertEquals(1, http.upstream.requests().count(sample.narInfoTarget()));
    }
  }

  @Test
  void whatIsWrongWithAnUpstreamIsShownWithoutItsPassword() throws Exception {
    try (FaultyUpstream other = FaultyUpstream.start()) {
      String secret = other.url().replace("//", "//anna:secret@");
      Map<String, String> settings =
          Map.of(
              "narthex.upstreams", secret,
              "narthex.upstream.retry-within", "0s",
              "narthex.upstream.failures-to-open", "1");
      try (HttpFixture http = HttpFixture.start(folder, settings)) {
        assertEquals("ready\nupstream " + other.url() + "/ up\n", text(http, "/readyz"));
        other.goDown();
        assertEquals(404, http.get("/" + "0".repeat(32) + ".narinfo").statusCode());

        for (String path : List.of("/readyz", "/")) {
          String page = text(http, path).replaceAll("<[^>]*>", ""); // of the home page
          assertTrue(page.contains(other.url() + "/ suspended until 2"), page);
          assertTrue(page.contains("Connection refused"), page);
          assertFalse(page.contains("secret"), page);
        }
      }
    }
  }

  @Test
  void whyAnUpstreamIsInTroubleIsForReadersOnly() throws Exception {
    String bearer = "Bearer reader-0123456789";
    Map<String, String> settings =
        Map.of(
            "narthex.token.read", "reader-0123456789",
            "narthex.upstream.retry-within", "0s");
    try (HttpFixture http = HttpFixture.start(folder, settings)) {
      Sample sample = Sample.of(83, Compression.XZ);
      http.upstream.fail(sample.narInfoTarget(), Fault.status(500), 1);
      assertEquals(404, http.get(sample.narInfoTarget(), "Authorization", bearer).statusCode());

      String ready = text(http, "/readyz");
      assertTrue(ready.contains("up, last trouble at 2"), ready);
      assertFalse(ready.contains(sample.hash().text()), ready);
      String page =
          new String(http.get("/", "Authorization", bearer).body(), StandardCharsets.UTF_8);
      assertTrue(page.contains(sample.hash().text()), page);
    }
  }

  private static String text(HttpFixture http, String path) throws IOException {
    HttpResponse<byte[]> response = http.get(path);
    assertEquals(200, response.statusCode());
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  @Test
  void databaseTroubleIsAMissForReadersAndAnErrorBelowUpload() throws Exception {
    try (HttpFixture http = HttpFixture.start(folder, Map.of("narthex.upload.enabled", "true"))) {
      breakDatabase("narinfo", "document", "file_name");

      for (String name : List.of("/" + HASH + ".narinfo", "/log/" + HASH + "-a.drv")) {
        HttpResponse<byte[]> miss = http.get(name);
        assertEquals(404, miss.statusCode(), name);
        assertEquals("no-store", miss.headers().firstValue("Cache-Control").orElse(""), name);
        assertEquals(503, http.get("/upload" + name).statusCode(), name);
        assertEquals(503, http.head("/upload" + name).statusCode(), name);
      }
      String nar = HttpFixture.path(Sample.of(83, Compression.XZ).fileName());
      assertEquals(503, http.get(nar).statusCode());
      assertEquals(503, http.head("/upload" + nar).statusCode());
    }
  }

  private void breakDatabase(String... tables) throws SQLException {
    String url = "jdbc:sqlite:" + folder.resolve("data/narthex.db");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      for (String table : tables) {
        statement.execute("ALTER TABLE " + table + " RENAME TO taken_away_" + table);
      }
    }
  }

  @Test
  void aNarThatCannotBeFetchedIsOneLine() throws Exception {
    Map<String, String> settings = Map.of("narthex.upstream.retry-within", "5s");
    try (HttpFixture http = HttpFixture.start(folder, settings)) {
      Sample sample = http.know(Sample.of(81, Compression.XZ));
      http.upstream.goDown();
      try (LogRecords log = LogRecords.listen()) {
        assertEquals(503, http.get(HttpFixture.path(sample.fileName())).statusCode());

        assertEquals(List.of(), log.withTrace());
        long failed = log.ours().stream().filter(line -> line.startsWith("request failed")).count();
        assertEquals(1, failed, () -> String.join("\n", log.ours()));
      }
    }
  }
}
