package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import narthex.nix.Compression;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What the observer learns of requests to a whole server, with the access log off. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestObserverHttpTest {
  private static final long PATIENCE_SECONDS = 20;
  private static final BlockingQueue<FinishedRequest> FINISHED = new LinkedBlockingQueue<>();

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private HttpFixture http;

  /** Replaces the observer of the server. */
  public static final class ObserverOfTest extends HttpFilter {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doFilter(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      Site.of(request)
          .observedBy(RequestObserver.all(List.of(RequestObserver.NONE, FINISHED::add)))
          .putOn(request);
      chain.doFilter(request, response);
    }
  }

  @BeforeAll
  void start(@TempDir Path folder) throws IOException {
    http =
        HttpFixture.startWith(
            ObserverOfTest.class, folder, Map.of("narthex.upload.enabled", "true"));
  }

  @AfterAll
  void stop() {
    http.close();
  }

  @BeforeEach
  void forget() {
    FINISHED.clear();
  }

  /** The next one; the server may tell of it just after the client has the response. */
  private static FinishedRequest next() throws InterruptedException {
    FinishedRequest next = FINISHED.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertNotNull(next);
    return next;
  }

  private static String text(FinishedRequest request) {
    assertTrue(request.firstByteNanos() > 0);
    assertTrue(request.firstByteNanos() <= request.nanos());
    return request.kind().word()
        + " "
        + request.method()
        + " "
        + request.status()
        + " "
        + request.sentBytes()
        + " "
        + request.outcome().word();
  }

  @Test
  void eachRequestIsObservedWithItsKindOutcomeAndBytes() throws Exception {
    Sample sample = Sample.of(1, Compression.XZ).publish(http.upstream);
    String nar = HttpFixture.path(sample.fileName());

    int length = http.get(sample.narInfoTarget()).body().length;
    assertEquals("narinfo GET 200 " + length + " fetched", text(next()));
    http.head(sample.narInfoTarget());
    assertEquals("narinfo HEAD 200 0 hit", text(next()));
    http.get(nar);
    assertEquals("nar GET 200 " + sample.fileBytes() + " fetched", text(next()));
    http.get("/nar/" + "0".repeat(52) + ".nar");
    assertEquals("nar GET 404 12 miss", text(next()));
    http.get("/" + "0".repeat(32) + ".ls");
    assertEquals("document GET 404 -", text(next()).replaceFirst(" [0-9]+ -", " -"));
    http.get("/nix-cache-info");
    assertEquals("other GET 200", text(next()).substring(0, 13));
  }

  @Test
  void anUploadIsOneAndTheQuestionBeforeItIsNot() throws Exception {
    http.head("/upload/" + "0".repeat(32) + ".narinfo");
    assertEquals("narinfo HEAD 404 0 -", text(next()));
    http.head("/upload/nar/" + "0".repeat(52) + ".nar");
    assertEquals("nar HEAD 404 0 -", text(next()));
    http.send("PUT", "/upload/" + "0".repeat(32) + ".narinfo");
    assertEquals("upload PUT 400", text(next()).substring(0, 14));
  }
}
