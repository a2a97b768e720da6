package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import narthex.nix.Compression;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/** How an administrator finds store paths on a whole server. */
class AdminPathsHttpTest extends SharedServer {
  private static final String ADMIN = "admin-0123456789";
  private static final ObjectMapper JSON = new ObjectMapper();

  AdminPathsHttpTest() {
    super(Map.of("narthex.token.admin", ADMIN, "narthex.cdc.mode", "eager"));
  }

  private HttpResponse<byte[]> ask(String query) throws IOException {
    return http.get("/admin/paths" + query, "Authorization", "Bearer " + ADMIN);
  }

  private JsonNode json(String query) throws IOException {
    HttpResponse<byte[]> answer = ask(query);
    assertEquals(200, answer.statusCode(), new String(answer.body(), StandardCharsets.UTF_8));
    return JSON.readTree(answer.body());
  }

  private static String path(Sample sample) {
    return sample.narInfo().storePath().print();
  }

  private Sample stored(Sample sample) throws Exception {
    http.know(sample);
    assertEquals(200, http.get(HttpFixture.path(sample.narName())).statusCode());
    Soon.await("stored after the answer")
        .until(() -> json("/" + sample.hash().text()).has("forms"));
    return sample;
  }

  @Test
  void aPathIsFoundByItsNameItsHashAndTheStartOfIt() throws Exception {
    Sample sample = http.know(Sample.of(1, Compression.XZ));
    String hash = sample.hash().text();
    String name = sample.narInfo().storePath().name();

    for (String text :
        new String[] {
          hash, hash.substring(0, 8), name.toUpperCase(Locale.ROOT), path(sample), hash + ".narinfo"
        }) {
      JsonNode found = json("?search=" + text.replace("/", "%2F"));
      assertTrue(found.toString().contains(path(sample)), text + ": " + found);
      assertFalse(found.has("next"), text);
    }
    assertEquals(0, json("?search=no-such-name").get("paths").size());
    assertEquals(0, json("?search=" + "0".repeat(32)).get("paths").size());
  }

  @Test
  void aPathIsShownWithAllThatIsKnownOfIt() throws Exception {
    Sample library = stored(Sample.of(2, Compression.XZ));
    Sample program = stored(Sample.of(3, Compression.XZ).referringTo(library));

    JsonNode page = json("/" + program.hash().text());

    assertEquals(path(program), page.get("path").asText());
    assertEquals(program.narBytes(), page.get("narBytes").asLong());
    assertEquals(http.upstream.url() + "/", page.get("upstream").asText());
    assertEquals(
        library.narInfo().storePath().baseName(),
        page.get("references").get(0).get("name").asText());
    assertTrue(page.get("references").get(0).get("isStored").asBoolean());
    assertEquals("chunked", page.get("forms").get(0).get("form").asText());
    assertTrue(page.get("forms").get(0).get("chunks").asInt() > 0);
    assertEquals(0, page.get("forms").get(0).get("sharedChunks").asInt());
    assertTrue(page.get("forms").get(0).get("isSharedComplete").asBoolean());
    assertTrue(page.get("signatures").get(0).asText().startsWith("upstream-1:"));
    JsonNode referrers = json("?referrers=" + library.hash().text());
    assertEquals(path(program), referrers.get("paths").get(0).get("path").asText());
    assertEquals(404, ask("/" + "0".repeat(32)).statusCode());
    assertEquals(404, ask("/nonsense").statusCode());
  }

  @Test
  void storedNarsAreListedByTheirSizeAndTheirLastUse() throws Exception {
    stored(Sample.of(4, Compression.XZ));

    for (String order : new String[] {"largest", "used", "most-used"}) {
      JsonNode paths = json("?order=" + order).get("paths");
      assertTrue(paths.size() > 0, order);
      assertTrue(paths.get(0).has("usedAt"), order);
      assertTrue(paths.get(0).has("uses"), order);
    }
    for (String query :
        new String[] {"?order=odd", "?after=odd", "?odd", "?search=" + "a".repeat(301)}) {
      assertEquals(400, ask(query).statusCode(), query);
    }
  }
}
