package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The home page of a whole server. */
class HomePageHttpTest {
  @TempDir Path folder;

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  @Test
  void theStateIsShownAtAGlance() throws Exception {
    try (HttpFixture http = HttpFixture.start(folder)) {
      HttpResponse<byte[]> answer = http.get("/");

      String page = text(answer);
      assertTrue(page.contains("<dt>Store paths</dt><dd>0</dd>"), page);
      assertTrue(page.contains("<dt>On disk</dt><dd>0 B</dd>"), page);
      assertTrue(page.contains("<dt>Up since</dt><dd>20"), page);
      assertTrue(page.contains(http.upstream.url()), page);
      assertFalse(page.contains("{{"), page);
      assertFalse(page.contains("netrc"), page);
      String policy = answer.headers().firstValue("Content-Security-Policy").orElse("");
      assertTrue(policy.startsWith("default-src 'none'"), policy);
      assertTrue(policy.contains("script-src 'sha256-"), policy);
      assertFalse(policy.contains("unsafe"), policy);
    }
  }

  @Test
  void aPrivateCacheShowsItsPageToReadersOnly() throws Exception {
    String token = "reader-0123456789";
    try (HttpFixture http = HttpFixture.start(folder, Map.of("narthex.token.read", token))) {
      assertEquals(401, http.get("/").statusCode());
      String page = text(http.get("/", "Authorization", "Bearer " + token));
      assertTrue(page.contains("machine 127.0.0.1 password &lt;token&gt;"), page);
    }
  }
}
