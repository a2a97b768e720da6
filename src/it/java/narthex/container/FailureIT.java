package narthex.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Locale;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/** What a client sees of a failure before and after the response is committed. */
@InApplicationServer
class FailureIT {

  private final HttpClient http = HttpClient.newHttpClient();

  @Deployment(testable = false)
  static WebArchive narthexThatFails() {
    return BuiltWar.withServlet("failing.war", FailingServlet.class, "/fail");
  }

  @Test
  void failureAfterCommitIsNeverACleanEndOfAChunkedBody() throws IOException {
    for (String how : new String[] {"unreadable", "wrong", "error", "wrapped", "malformed"}) {
      RawHttp.Answer answer =
          RawHttp.get(BuiltWar.port(), "/failing/fail?body=chunked&after=300000&how=" + how);

      assertTrue(answer.head().startsWith("HTTP/1.1 200"), answer.head());
      assertTrue(
          answer.head().toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked"),
          answer.head());
      assertFalse(answer.endsWith("0\r\n\r\n"), how + ": the client takes this for the whole");
    }
  }

  @Test
  void failureAfterCommitIsNeverACleanEndOfABodyOfKnownLength() throws IOException {
    for (String how : new String[] {"unreadable", "wrong", "error", "wrapped", "malformed"}) {
      RawHttp.Answer answer =
          RawHttp.get(BuiltWar.port(), "/failing/fail?body=fixed&after=300000&how=" + how);

      assertTrue(answer.head().startsWith("HTTP/1.1 200"), answer.head());
      assertTrue(answer.body().length < FailingServlet.LENGTH, how + ": " + answer.body().length);
    }
  }

  @Test
  void failureAfterCommitIsNeverACleanEndWithHttp2() {
    HttpClient upgrading = HttpClient.newHttpClient();
    for (String how : new String[] {"unreadable", "wrong"}) {
      for (String body : new String[] {"chunked", "fixed"}) {
        HttpRequest request =
            HttpRequest.newBuilder(
                    BuiltWar.at("/failing/fail?body=" + body + "&after=30000&how=" + how))
                .build();

        // the first one upgrades its connection, the second one uses it
        assertThrows(
            IOException.class, () -> upgrading.send(request, BodyHandlers.ofByteArray()), how);
      }
    }
  }

  @Test
  void aMalformedNameIsA404WithItsReason() throws Exception {
    assertAnswer("malformed", 404, "this is not a store path\n");
  }

  @Test
  void troubleIsA503ThatTellsNothing() throws Exception {
    assertAnswer("unreadable", 503, "temporarily unavailable\n");
    assertAnswer("wrapped", 503, "temporarily unavailable\n");
    assertAnswer("unchecked", 503, "temporarily unavailable\n");
  }

  @Test
  void missingFileIsTroubleAndNotAnAbsence() throws Exception {
    assertAnswer("missing", 503, "temporarily unavailable\n");
    assertAnswer("old-missing", 503, "temporarily unavailable\n");
  }

  @Test
  void faultOfOursIsA500ThatTellsNothing() throws Exception {
    assertAnswer("wrong", 500, "internal error\n");
    assertAnswer("error", 500, "internal error\n");
  }

  @Test
  void whatWasWrittenBeforeTheFailureIsReplaced() throws Exception {
    HttpResponse<String> answer = ask("how=unreadable&body=fixed&after=0");

    assertEquals("24", answer.headers().firstValue("Content-Length").orElse("none"));
    assertTrue(answer.headers().firstValue("X-Injected").isEmpty());
  }

  private void assertAnswer(String how, int status, String body)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = ask("body=chunked&after=0&how=" + how);

    assertEquals(status, answer.statusCode(), how);
    assertEquals(body, answer.body());
    assertEquals("no-store", answer.headers().firstValue("Cache-Control").orElse("none"));
    assertTrue(answer.headers().firstValue("Content-Type").orElse("none").startsWith("text/plain"));
  }

  private HttpResponse<String> ask(String query) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(BuiltWar.at("/failing/fail?" + query)).build(),
        BodyHandlers.ofString());
  }
}
