package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.LogRecords;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The line that is logged for each request. */
class AccessLogHttpTest {
  private static final String TOKEN = "secret-of-the-writers";
  private static final String ADMIN = "secret-of-the-admins";

  private final Logger access = Logger.getLogger("narthex.access");

  @SuppressWarnings("NullAway.Init") // listen sets them
  private LogRecords lines;

  @SuppressWarnings("NullAway.Init")
  private LogRecords others;

  @TempDir private Path folder;

  @BeforeEach
  void listen() {
    access.setLevel(Level.FINE);
    lines = LogRecords.listen("narthex.access", Level.FINE);
    others = LogRecords.listen("narthex.web", Level.INFO);
  }

  @AfterEach
  void leave() {
    access.setLevel(null);
    lines.close();
    others.close();
  }

  /** The next line; the server may write it just after the client has the response. */
  private String next() throws InterruptedException {
    return lines.next().replaceAll("ms=[0-9]+", "ms=0");
  }

  private static String line(String method, String path, String rest) {
    return "request method=" + method + " path=" + path + " " + rest + " client=127.0.0.1";
  }

  @Test
  void eachRequestIsOneLineWithItsOutcome() throws Exception {
    try (HttpFixture http = HttpFixture.start(folder)) {
      Sample sample = Sample.of(1, Compression.XZ).publish(http.upstream);
      String narInfo = sample.narInfoTarget();
      String nar = HttpFixture.path(sample.fileName());

      int length = http.get(narInfo).body().length;
      String told = "status=200 bytes=" + length + " ms=0 outcome=";
      assertEquals(line("GET", narInfo, told + "fetched"), next());
      http.get(narInfo);
      assertEquals(line("GET", narInfo, told + "hit"), next());
      http.head(narInfo + "?token=" + TOKEN);
      assertEquals(line("HEAD", narInfo, "status=200 bytes=0 ms=0 outcome=hit"), next());
      http.get("/" + "0".repeat(32) + ".narinfo");
      assertTrue(next().contains(" status=404 bytes=16 ms=0 outcome=miss "));

      String sent = "status=200 bytes=" + sample.fileBytes() + " ms=0 outcome=";
      http.get(nar);
      assertEquals(line("GET", nar, sent + "fetched"), next());
      String again;
      do { // the last byte may come before the row
        http.get(nar);
        again = next();
      } while (again.equals(line("GET", nar, sent + "in-flight")));
      assertEquals(line("GET", nar, sent + "hit"), again);
      http.get("/nix-cache-info");
      assertTrue(next().contains(" outcome=- client="));
    }
  }

  @Test
  void aReaderOfANarThatComesInForSomebodyElseIsInFlight() throws Exception {
    try (HttpFixture http = HttpFixture.start(folder)) {
      Sample sample = http.know(Sample.of(2, Compression.XZ));
      while (!next().contains("status=200")) {
        // the answers until the server knew it
      }
      String nar = HttpFixture.path(sample.fileName());
      Gate gate = new Gate();
      http.upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate), 1);
      try (InputStream first = http.open(nar).body();
          InputStream second = http.open(nar).body()) {
        gate.open();
        assertEquals(sample.fileBytes(), first.readAllBytes().length);
        assertEquals(sample.fileBytes(), second.readAllBytes().length);
      }
      String both = next() + next();
      assertTrue(both.contains(" outcome=fetched "), both);
      assertTrue(both.contains(" outcome=in-flight "), both);
    }
  }

  @Test
  void anUpstreamInTroubleIsAnError() throws Exception {
    try (HttpFixture http = HttpFixture.start(folder)) {
      Sample sample = Sample.of(3, Compression.XZ).publish(http.upstream);
      http.upstream.fail(sample.narInfoTarget(), Fault.status(500), 1_000);

      assertEquals(404, http.get(sample.narInfoTarget()).statusCode());

      assertTrue(next().contains(" status=404 bytes=16 ms=0 outcome=error "));
    }
  }

  @Test
  void whoIsRefusedAndWhoDeletesIsLoggedAndNoToken() throws Exception {
    Map<String, String> settings =
        Map.of(
            "narthex.token.write", TOKEN,
            "narthex.token.admin", ADMIN,
            "narthex.delete.enabled", "true");
    try (HttpFixture http = HttpFixture.start(folder, settings)) {
      Sample sample = http.know(Sample.of(4, Compression.XZ));
      String narInfo = sample.narInfoTarget();
      while (!next().contains("status=200")) {
        // the answers until the server knew it
      }

      assertEquals(403, delete(http, narInfo, TOKEN));
      assertEquals(
          "access refused status=403 method=DELETE path="
              + narInfo
              + " client=127.0.0.1"
              + " scope=write",
          others.next());
      assertTrue(next().endsWith(" client=127.0.0.1 scope=write"));
      assertEquals(204, delete(http, narInfo, ADMIN));
      String deleted = others.next();
      assertEquals("deleted path=" + narInfo + " client=127.0.0.1 scope=admin", deleted);
      String line = next();
      assertTrue(line.endsWith(" status=204 bytes=0 ms=0 outcome=- client=127.0.0.1 scope=admin"));
      assertFalse((deleted + line).contains(ADMIN));
    }
  }

  private static int delete(HttpFixture http, String path, String token) throws IOException {
    return http.send("DELETE", path, "Authorization", "Bearer " + token).statusCode();
  }
}
