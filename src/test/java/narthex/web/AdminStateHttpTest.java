package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/** What a whole server tells an administrator about itself. */
class AdminStateHttpTest extends SharedServer {
  private static final String ADMIN = "admin-0123456789";
  private static final ObjectMapper JSON = new ObjectMapper();

  AdminStateHttpTest() {
    super(Map.of("narthex.token.admin", ADMIN, "narthex.max-size", "1GiB"));
  }

  private JsonNode state() throws Exception {
    HttpResponse<byte[]> answer = http.get("/admin/state", "Authorization", "Bearer " + ADMIN);
    assertEquals(200, answer.statusCode());
    assertEquals("no-store", answer.headers().firstValue("Cache-Control").orElse(""));
    assertEquals("nosniff", answer.headers().firstValue("X-Content-Type-Options").orElse(""));
    return JSON.readTree(answer.body());
  }

  private JsonNode stateWith(Predicate<JsonNode> wanted) {
    return Soon.await("state").until(this::state, wanted);
  }

  private static long sum(JsonNode state, String outcome) {
    long sum = 0;
    for (JsonNode minute : state.get("requests")) {
      sum += minute.get(outcome).asLong();
    }
    return sum;
  }

  @Test
  void aDownloadIsShownWithItsProgress() throws Exception {
    Sample sample = http.know(Sample.of(1, Compression.XZ));
    Gate gate = new Gate();
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate), 1);
    try (InputStream body = http.open(HttpFixture.path(sample.fileName())).body()) {
      gate.awaitArrivals(1, Duration.ofSeconds(20));

      JsonNode flight =
          stateWith(state -> state.get("flights").path(0).path("arrivedBytes").asLong() > 0)
              .get("flights")
              .get(0);

      assertEquals("download", flight.get("direction").asText());
      assertEquals(sample.narInfo().storePath().print(), flight.get("name").asText());
      assertEquals(http.upstream.url() + "/", flight.get("source").asText());
      assertEquals(sample.fileBytes(), flight.get("sizeBytes").asLong());
      assertTrue(flight.get("arrivedBytes").asLong() < sample.fileBytes(), flight.toString());
      gate.open();
      body.readAllBytes();
    }
    assertEquals(
        0, stateWith(state -> state.get("flightCount").asInt() == 0).get("flights").size());
  }

  @Test
  void upstreamsChoresSpaceAndFiguresAreShown() throws Exception {
    http.know(Sample.of(2, Compression.XZ));

    JsonNode state = stateWith(some -> some.get("storage").has("figures"));

    assertEquals(http.upstream.url() + "/", state.get("upstreams").get(0).get("url").asText());
    assertEquals("asked", state.get("upstreams").get(0).get("use").asText());
    assertTrue(state.get("upstreams").get(0).has("latencyMillis"));
    assertEquals(1L << 30, state.get("storage").get("limitBytes").asLong());
    assertTrue(state.get("storage").get("freeBytes").asLong() > 0);
    assertTrue(state.get("storage").get("figures").has("narBytes"));
    assertTrue(state.get("chores").size() > 3);
    assertTrue(state.get("version").asText().matches("\\d.*"));
    assertTrue(state.get("upSince").asText().startsWith("20"));
  }

  @Test
  void requestsOfTheLastHourAreCountedByTheirOutcome() throws Exception {
    long before = sum(state(), "miss");
    assertEquals(404, http.get("/" + "0".repeat(32) + ".narinfo").statusCode());

    JsonNode state = stateWith(some -> sum(some, "miss") > before);

    assertEquals(60, state.get("requests").size());
  }

  @Test
  void problemsInTheLogAreShown() throws Exception {
    System.getLogger("narthex.web.AdminStateHttpTest").log(Level.WARNING, "odd thing={0}", "x");
    System.getLogger("narthex.web.AdminStateHttpTest").log(Level.INFO, "a usual thing");

    JsonNode problems = state().get("problems");

    assertEquals("odd thing=x", problems.get(0).get("text").asText());
    assertEquals("warning", problems.get(0).get("level").asText());
    assertFalse(problems.toString().contains("a usual thing"));
  }
}
