package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The figures of a whole server. */
class MetricsHttpTest {
  private static final String TOKEN = "metrics-0123456789";
  private static final String READER = "reader-0123456789";

  @TempDir private Path folder;

  /** The figures by name and labels; the server may count a request just after its end. */
  private static Map<String, Double> figures(HttpFixture http) throws IOException {
    HttpResponse<byte[]> response = http.get("/metrics");
    assertEquals(200, response.statusCode());
    assertEquals(
        "text/plain;version=0.0.4;charset=utf-8",
        response.headers().firstValue("Content-Type").orElseThrow().replace(" ", ""));
    Map<String, Double> figures = new TreeMap<>();
    for (String line : new String(response.body(), StandardCharsets.UTF_8).lines().toList()) {
      if (!line.startsWith("#")) {
        int blank = line.lastIndexOf(' ');
        figures.put(line.substring(0, blank), Double.parseDouble(line.substring(blank + 1)));
      }
    }
    return figures;
  }

  private static void await(HttpFixture http, String figure, double value) {
    Soon.await(figure)
        .until(() -> figures(http), figures -> Double.valueOf(value).equals(figures.get(figure)));
  }

  private static String lookups(String kind, String outcome) {
    return "narthex_lookups_total{kind=\"" + kind + "\",outcome=\"" + outcome + "\"}";
  }

  private HttpFixture start() throws IOException {
    return HttpFixture.start(
        folder, Map.of("narthex.metrics.public", "true", "narthex.upload.enabled", "true"));
  }

  @Test
  void everyCounterIsThereFromTheStart() throws Exception {
    try (HttpFixture http = start()) {
      Map<String, Double> figures = figures(http);

      for (String kind : new String[] {"narinfo", "nar"}) {
        for (String outcome : new String[] {"hit", "in-flight", "fetched", "miss", "error"}) {
          assertEquals(0, figures.get(lookups(kind, outcome)));
        }
      }
      String upstream = http.upstream.url() + "/";
      for (String result : new String[] {"found", "absent", "failed", "suspended"}) {
        assertEquals(
            0,
            figures.get(
                "narthex_upstream_request_seconds_count{result=\""
                    + result
                    + "\",upstream=\""
                    + upstream
                    + "\"}"));
      }
      assertEquals(0, figures.get("narthex_requests_total{kind=\"upload\",status=\"5xx\"}"));
      assertEquals(0, figures.get("narthex_blob_failures_total{operation=\"commit\"}"));
      assertEquals(0, figures.get("narthex_evicted_nars_total"));
      assertEquals(0, figures.get("narthex_jobs_total{job=\"collect\",result=\"failed\"}"));
      assertEquals(
          0,
          figures.get(
              "narthex_chore_items_total{chore=\"delete unreferenced NARs\",result=\"failed\"}"),
          figures.keySet().toString());
      assertEquals(1, figures.get("narthex_cluster_members"));
      assertTrue(figures.getOrDefault("narthex_decoder_budget_bytes", 0.0) > 0);
      assertTrue(figures.keySet().stream().anyMatch(f -> f.startsWith("narthex_build_info{")));
      assertTrue(figures.keySet().stream().anyMatch(f -> f.startsWith("jvm_memory_used_bytes{")));
    }
  }

  @Test
  void lookupsAreCountedByTheirOutcome() throws Exception {
    try (HttpFixture http = start()) {
      Sample sample = Sample.of(1, Compression.XZ).publish(http.upstream);
      http.upstream.fail("/" + "1".repeat(32) + ".narinfo", Fault.status(500), 1_000);

      http.get(sample.narInfoTarget());
      http.get(sample.narInfoTarget());
      http.get("/" + "0".repeat(32) + ".narinfo");
      http.get("/" + "1".repeat(32) + ".narinfo");
      http.get(HttpFixture.path(sample.fileName()));

      await(http, lookups("nar", "fetched"), 1);
      await(http, lookups("narinfo", "fetched"), 1);
      await(http, lookups("narinfo", "hit"), 1);
      await(http, lookups("narinfo", "miss"), 1);
      await(http, lookups("narinfo", "error"), 1);
      await(
          http,
          "narthex_lookup_sent_bytes_total{kind=\"nar\",outcome=\"fetched\"}",
          sample.fileBytes());
      String upstream = ",upstream=\"" + http.upstream.url() + "/\"}";
      Map<String, Double> figures = figures(http);
      String count = "narthex_upstream_request_seconds_count{result=";
      assertEquals(2, figures.get(count + "\"found\"" + upstream));
      assertEquals(1, figures.get(count + "\"absent\"" + upstream));
      assertEquals(1, figures.get(count + "\"failed\"" + upstream));
      assertEquals(1, figures.get("narthex_first_byte_seconds_count{kind=\"nar\"}"));
      assertEquals(1, figures.get("narthex_request_seconds_bucket{kind=\"nar\",le=\"+Inf\"}"));
      assertTrue(
          figures.getOrDefault("narthex_blob_operation_seconds_count{operation=\"commit\"}", 0.0)
              > 0);
      assertTrue(
          figures.getOrDefault(
                  "narthex_database_operation_seconds_count{operation=\"store narinfo\"}", 0.0)
              > 0);
    }
  }

  @Test
  void readersOfANarThatComesInAreFollowers() throws Exception {
    try (HttpFixture http = start()) {
      Sample sample = http.know(Sample.of(3, Compression.XZ));
      Gate gate = new Gate();
      http.upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate), 1);
      try (InputStream first = http.open(HttpFixture.path(sample.fileName())).body();
          InputStream second = http.open(HttpFixture.path(sample.fileName())).body()) {
        await(http, "narthex_followers", 2);
        await(http, "narthex_flights", 1);
        await(http, "narthex_requests_running", 2);
        gate.open();
        assertEquals(sample.fileBytes(), first.readAllBytes().length);
        assertEquals(sample.fileBytes(), second.readAllBytes().length);
      }
      await(http, "narthex_followers", 0);
      await(http, lookups("nar", "in-flight"), 1);
    }
  }

  @Test
  void whatIsStoredIsCountedInTheBackground() throws Exception {
    try (HttpFixture http = start()) {
      http.know(Sample.of(2, Compression.XZ));

      await(http, "narthex_stored_paths", 1);
      assertEquals(0, figures(http).get("narthex_chunking_queue"));
    }
  }

  @Test
  void theMetricsAreClosedUntilTheSettingsSayWhoMayReadThem() throws Exception {
    try (HttpFixture http = HttpFixture.start(folder)) {
      HttpResponse<byte[]> refused = http.get("/metrics");

      assertEquals(403, refused.statusCode());
      assertTrue(
          new String(refused.body(), StandardCharsets.UTF_8).contains("narthex.token.metrics"));
    }
  }

  @Test
  void aTokenForMetricsReadsNothingElse() throws Exception {
    Map<String, String> tokens =
        Map.of("narthex.token.metrics", TOKEN, "narthex.token.read", READER);
    try (HttpFixture http = HttpFixture.start(folder, tokens)) {
      String[] metrics = {"Authorization", "Bearer " + TOKEN};

      assertEquals(401, http.get("/metrics").statusCode());
      assertEquals(200, http.get("/metrics", metrics).statusCode());
      assertEquals(200, http.head("/metrics", metrics).statusCode());
      assertEquals(403, http.get("/nix-cache-info", metrics).statusCode());
      assertEquals(200, http.get("/metrics", "Authorization", "Bearer " + READER).statusCode());
    }
  }
}
