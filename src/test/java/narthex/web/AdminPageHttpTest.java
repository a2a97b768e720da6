package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files of the page for administrators, and what the page may do. */
class AdminPageHttpTest extends SharedServer {
  private static final String ADMIN = "admin-0123456789";
  private static final String BASIC =
      "Basic "
          + Base64.getEncoder().encodeToString(("me:" + ADMIN).getBytes(StandardCharsets.UTF_8));

  /** A job without effect, with an option that doesn't exist. */
  private static final String NO_JOB = "/admin/jobs/collect?no-such-option";

  AdminPageHttpTest() {
    super(
        Map.of(
            "narthex.token.admin", ADMIN,
            "narthex.token.read", "reader-0123456789",
            "narthex.token.metrics", "metrics-0123456789"));
  }

  private static String header(HttpResponse<byte[]> answer, String name) {
    return answer.headers().firstValue(name).orElse("none");
  }

  @ParameterizedTest
  @CsvSource({
    "/admin/, text/html",
    "/admin/main.js, text/javascript",
    "/admin/style.css, text/css",
    "/admin/favicon.svg, image/svg+xml"
  })
  void thePageIsForEveryoneAndLoadsNothingFromElsewhere(String path, String type)
      throws IOException {
    HttpResponse<byte[]> answer = http.get(path);

    assertEquals(200, answer.statusCode());
    assertTrue(header(answer, "Content-Type").startsWith(type), header(answer, "Content-Type"));
    assertTrue(header(answer, "Content-Security-Policy").startsWith("default-src 'self';"));
    assertEquals("nosniff", header(answer, "X-Content-Type-Options"));
    String tag = header(answer, "ETag");
    assertEquals(304, http.get(path, "If-None-Match", tag).statusCode());
    assertEquals(200, http.head(path).statusCode());
    assertEquals(405, http.send("POST", path, "Authorization", "Bearer " + ADMIN).statusCode());
  }

  @Test
  void whatThePageShowsIsForAdministratorsOnly() throws IOException {
    for (String path :
        List.of(
            "/admin/state",
            "/admin/paths",
            "/admin/login",
            "/admin/nothing",
            "/admin/x/main.js",
            "/admin/x")) {
      assertEquals(401, http.get(path).statusCode(), path);
    }
    String bearer = "Bearer " + ADMIN;
    assertEquals(404, http.get("/admin/other.js").statusCode());
    assertEquals(404, http.get("/admin/x", "Authorization", bearer).statusCode());
    HttpResponse<byte[]> redirect = http.get("/admin");
    assertEquals(301, redirect.statusCode());
    assertEquals("admin/", header(redirect, "Location"));
  }

  @Test
  void aBrowserIsNotAskedForAPasswordByThePage() throws IOException {
    HttpResponse<byte[]> answer = http.get("/admin/state", RequestOrigin.HEADER, "page");

    assertEquals(401, answer.statusCode());
    assertEquals(
        List.of("Bearer realm=\"Narthex\""), answer.headers().allValues("WWW-Authenticate"));
    HttpResponse<byte[]> account = http.get("/admin/state", RequestOrigin.HEADER, "account");
    assertEquals(2, account.headers().allValues("WWW-Authenticate").size());
    HttpResponse<byte[]> login = http.get("/admin/login", "Authorization", BASIC);
    assertEquals(302, login.statusCode());
    assertEquals("./", header(login, "Location"));
  }

  @Test
  void aPasswordThatABrowserSendsByItselfNeedsAHeaderThatNoFormSends() throws IOException {
    assertEquals(403, http.send("POST", NO_JOB, "Authorization", BASIC).statusCode());
    String[][] forged = {
      {"Sec-Fetch-Site", "cross-site"},
      {"Sec-Fetch-Site", "same-site"},
      {"Origin", "https://evil.example"},
      {"Origin", "null"}
    };
    for (String[] header : forged) {
      for (String method : List.of("POST", "DELETE")) {
        String path = method.equals("POST") ? NO_JOB : "/pin/" + "0".repeat(32) + ".narinfo";
        HttpResponse<byte[]> answer =
            http.send(
                method,
                path,
                "Authorization",
                BASIC,
                RequestOrigin.HEADER,
                "x",
                header[0],
                header[1]);
        assertEquals(403, answer.statusCode(), method + " " + String.join(" ", header));
      }
    }
    String self = "http://127.0.0.1:" + http.port();
    for (String[] own : new String[][] {{"Origin", self}, {"Sec-Fetch-Site", "same-origin"}}) {
      HttpResponse<byte[]> answer =
          http.send(
              "POST", NO_JOB, "Authorization", BASIC, RequestOrigin.HEADER, "x", own[0], own[1]);
      assertEquals(400, answer.statusCode(), String.join(" ", own));
    }
  }

  @Test
  void aBearerTokenNeedsNoMore() throws IOException {
    String bearer = "Bearer " + ADMIN;

    assertEquals(400, http.send("POST", NO_JOB, "Authorization", bearer).statusCode());
    HttpResponse<byte[]> page =
        http.send("POST", NO_JOB, "Authorization", bearer, "Sec-Fetch-Site", "same-origin");
    assertEquals(400, page.statusCode());
  }

  @Test
  void thePageKnowsTokensThatDoNotGrantAdministration() throws IOException {
    assertSession(true, true, ADMIN);
    assertSession(false, true, "reader-0123456789");
    assertSession(false, true, "metrics-0123456789");
    assertSession(false, false, "unknown-0123456789");
  }

  private void assertSession(boolean isAdmin, boolean isKnown, String token) throws IOException {
    HttpResponse<byte[]> answer =
        http.get(
            "/admin/session", "Authorization", "Bearer " + token, RequestOrigin.HEADER, "page");
    String json = new String(answer.body(), StandardCharsets.UTF_8);
    assertEquals(200, answer.statusCode());
    assertTrue(json.contains("\"isAdmin\":" + isAdmin), json);
    assertTrue(json.contains("\"isKnown\":" + isKnown), json);
  }
}
