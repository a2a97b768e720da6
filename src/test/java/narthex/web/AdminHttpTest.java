package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import narthex.nix.Compression;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/** The jobs of a whole server, and its statistics. */
class AdminHttpTest extends SharedServer {
  private static final String ADMIN = "admin-0123456789";

  AdminHttpTest() {
    super(Map.of("narthex.token.admin", ADMIN));
  }

  private HttpResponse<byte[]> ask(String method, String path) throws IOException {
    return http.send(method, path, "Authorization", "Bearer " + ADMIN);
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private String last(String path) throws IOException {
    HttpResponse<byte[]> answer = ask("POST", path);
    assertEquals(200, answer.statusCode(), text(answer));
    return text(answer).lines().reduce("", (before, line) -> line);
  }

  @Test
  void statisticsCountWhatIsStored() throws Exception {
    Sample sample = http.know(Sample.of(5, Compression.XZ));
    assertEquals(200, http.get(HttpFixture.path(sample.fileName())).statusCode());

    HttpResponse<byte[]> answer =
        Soon.await("stored after the answer")
            .until(() -> ask("GET", "/admin/stats"), it -> !text(it).contains("\"nars\":0,"));

    assertEquals(200, answer.statusCode());
    assertEquals("application/json", answer.headers().firstValue("Content-Type").orElse(""));
    String figures = text(answer);
    for (String figure :
        new String[] {
          "\"paths\":1",
          "\"nars\":1",
          "\"narBytes\":" + sample.narBytes(),
          "\"whole.xz.nars\":1",
          "\"whole.xz.bytes\":" + sample.fileBytes(),
          "\"version\":\"",
          "\"upSince\":\"20"
        }) {
      assertTrue(figures.contains(figure), figures);
    }
    assertTrue(last("/admin/jobs/stats").startsWith("{\"verdict\":\"done\",\"result\":{\"version"));
  }

  @Test
  void aCollectionReportsWhatItDid() throws Exception {
    assertEquals(
        "{\"verdict\":\"done\",\"result\":{\"sweptNars\":0,\"unnamedBlobs\":0,"
            + "\"removedChunks\":0,\"compactedBytes\":0,\"deletedBlobs\":0,\"freedBytes\":0}}",
        last("/admin/jobs/collect"));
    assertTrue(last("/admin/jobs/collect?dry-run=true").contains("\"unusedChunks\":0"));
  }

  @Test
  void anEvictionNeedsOneAim() throws Exception {
    assertTrue(last("/admin/jobs/evict?to=1TiB").contains("\"evictedNars\":0"));
    assertTrue(last("/admin/jobs/evict?bytes=1KiB&dry-run").contains("\"evictedBytes\":"));
    for (String options : new String[] {"", "?dry-run", "?to=1GiB&bytes=1", "?to=much", "?to"}) {
      assertEquals(400, ask("POST", "/admin/jobs/evict" + options).statusCode(), options);
    }
  }
}
