package narthex.configs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import narthex.nix.Compression;
import narthex.standalone.ServerUnderTest;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.PortPair;
import narthex.testing.node.Sample;
import narthex.wiring.StoppedStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's Prometheus scrapes a server under load, with the files of server-configs. Only times,
 * addresses and the place of the token differ.
 */
class PrometheusIT {
  private static final String TOKEN = "metrics-0123456789";
  private static final int NAR_BYTES = 100_000;

  @TempDir private static Path folder;

  private static final ObjectMapper JSON = new ObjectMapper();

  private static FaultyUpstream upstream;
  private static ServerUnderTest narthex;
  private static ServerProgram prometheus;
  private static String api;

  @BeforeAll
  static void start() throws Exception {
    upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    narthex =
        ServerUnderTest.start(
            folder,
            Map.of(
                "narthex.upstreams",
                upstream.url(),
                "narthex.upstream.allow-unsigned",
                "true",
                "narthex.upload.enabled",
                "true",
                "narthex.token.metrics",
                TOKEN));
    int port = PortPair.find();
    prometheus =
        ServerProgram.start(
            folder,
            List.of(
                "prometheus",
                "--config.file=" + config(),
                "--storage.tsdb.path=" + folder.resolve("tsdb"),
                "--web.listen-address=127.0.0.1:" + port));
    api = "http://127.0.0.1:" + port + "/api/v1/";
    prometheus.awaitText(PrometheusIT::hasValue, query("up{job=\"narthex\"} == 1"));
    load();
    prometheus.awaitText(
        PrometheusIT::hasValue,
        query(
            "narthex_requests_total{kind=\"upload\",status=\"2xx\"} > 0"
                + " and count_over_time(narthex_requests_total[1m]) > 3"));
  }

  @AfterAll
  static void stop() throws IOException {
    upstream.close();
    if (prometheus != null) {
      prometheus.close();
    }
    if (narthex != null) {
      narthex.close();
      StoppedStore.assertSound(folder.resolve("data"));
    }
  }

  /** Hits, fetches, a miss and an upload. */
  private static void load() throws Exception {
    for (int seed = 1; seed <= 3; seed++) {
      Sample sample = Sample.of(seed, Compression.XZ).publish(upstream);
      assertEquals(200, send("GET", sample.narInfoTarget(), new byte[0]));
      assertEquals(200, send("GET", "/nar/" + sample.fileName().print(), new byte[0]));
      assertEquals(200, send("GET", sample.narInfoTarget(), new byte[0]));
    }
    assertEquals(404, send("GET", "/" + "0".repeat(32) + ".narinfo", new byte[0]));
    NarFixture upload = NarFixture.of("up-1", NarTree.mixed(1, NAR_BYTES), Compression.XZ);
    int status = send("PUT", "/upload/" + upload.url(), upload.file());
    assertTrue(status < 300, "status " + status);
  }

  private static int send(String method, String path, byte[] body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(narthex.url() + path))
            .method(method, BodyPublishers.ofByteArray(body))
            .build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
  }

  private static Path config() throws IOException {
    Path token = Files.writeString(folder.resolve("token"), TOKEN + "\n");
    Files.writeString(folder.resolve("alerts.yml"), Delivered.config("prometheus/alerts.yml"));
    return Files.writeString(
        folder.resolve("narthex.yml"),
        Delivered.config("prometheus/narthex.yml")
            .replace("30s", "1s")
            .replace("/etc/prometheus/narthex-token", token.toString())
            .replace("cache.example.org:8080", URI.create(narthex.url()).getAuthority()));
  }

  private static boolean hasValue(String text) {
    return text.contains("\"value\"");
  }

  private static String query(String expression) {
    return api + "query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8);
  }

  private static JsonNode ask(String url) throws IOException, InterruptedException {
    JsonNode answer = JSON.readTree(ServerProgram.get(url).body());
    assertEquals("success", answer.path("status").asText(), answer + " to " + url);
    return answer.path("data");
  }

  private static void collect(JsonNode node, List<String> expressions) {
    node.findValues("expr").forEach(expression -> expressions.add(expression.asText()));
  }

  @Test
  void promtoolAcceptsTheFilesAndTheMetrics() throws Exception {
    String metrics =
        ServerProgram.get(narthex.url() + "/metrics", "Authorization", "Bearer " + TOKEN).body();
    Path file = Files.writeString(folder.resolve("metrics.txt"), metrics);

    ServerProgram.run(folder, List.of("promtool", "check", "config", "narthex.yml"));
    ServerProgram.run(folder, List.of("promtool", "check", "rules", "alerts.yml"));
    String complaints =
        ServerProgram.run(folder, List.of("sh", "-c", "promtool check metrics < " + file));

    assertEquals("", complaints);
  }

  @Test
  void everyQueryOfTheDashboardHasAnAnswer() throws Exception {
    List<String> expressions = new ArrayList<>();
    collect(JSON.readTree(Delivered.config("grafana/narthex.json")), expressions);
    List<String> unanswered = new ArrayList<>();
    for (String expression : expressions) {
      String concrete =
          expression
              .replace("$__rate_interval", "1m")
              .replace("$job", "narthex")
              .replace("$instance", ".*");
      assertFalse(concrete.contains("$"), concrete);
      if (ask(query(concrete)).path("result").isEmpty()) {
        unanswered.add(concrete);
      }
    }

    assertTrue(expressions.size() > 40, "expressions " + expressions.size());
    assertEquals(List.of(), unanswered);
  }

  @Test
  void everyAlertIsHealthyAndSilent() throws Exception {
    prometheus.awaitText(
        text -> text.contains("\"health\"") && !text.contains("\"health\":\"unknown\""),
        api + "rules");
    int rules = 0;
    for (JsonNode group : ask(api + "rules").path("groups")) {
      for (JsonNode rule : group.path("rules")) {
        assertEquals("ok", rule.path("health").asText(), rule.toString());
        assertEquals("inactive", rule.path("state").asText(), rule.toString());
        ask(query(rule.path("query").asText()));
        rules++;
      }
    }

    assertTrue(rules > 10, "rules " + rules);
  }
}
