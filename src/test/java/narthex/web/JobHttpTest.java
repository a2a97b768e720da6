package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import narthex.maintain.Job;
import narthex.maintain.JobOptions;
import narthex.maintain.JobRefusedException;
import narthex.maintain.JobResult;
import narthex.maintain.Jobs;
import narthex.maintain.Progress;
import narthex.standalone.ServerUnderTest;
import narthex.testing.Soon;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Jobs over HTTP, with jobs of the test in a whole server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JobHttpTest {
  private static final String ADMIN = "admin-0123456789";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final ExecutorService THREADS = Executors.newCachedThreadPool();
  private static volatile Jobs jobs = new Jobs(List.of(), THREADS);

  private final HttpClient client = HttpClient.newHttpClient();

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private ServerUnderTest server;

  /** Replaces the jobs of the server. */
  public static final class JobsOfTest extends HttpFilter {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doFilter(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      Site site = Site.of(request);
      new Site(
              site.info(),
              site.access(),
              site.advertising(),
              site.lookups(),
              site.uploads(),
              site.deletions(),
              site.administration().with(jobs),
              site.readiness(),
              site.resources(),
              site.observer(),
              site.metrics())
          .putOn(request);
      chain.doFilter(request, response);
    }
  }

  /** A job without options. */
  private record Plain(String name, Job.Work work) implements Job {
    @Override
    public Work prepare(JobOptions options) throws JobRefusedException {
      options.isSet("dry-run");
      return work;
    }
  }

  @BeforeAll
  void start(@TempDir Path folder) throws IOException {
    server =
        ServerUnderTest.startWith(JobsOfTest.class, folder, Map.of("narthex.token.admin", ADMIN));
  }

  @AfterAll
  void stop() {
    server.close();
    THREADS.shutdownNow();
  }

  private static void serve(Duration heartbeat, Job.Work work) {
    jobs = new Jobs(List.of(new Plain("sweep", work)), THREADS, heartbeat);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path))
        .timeout(PATIENCE)
        .header("Authorization", "Bearer " + ADMIN);
  }

  private HttpResponse<String> post(String path) throws Exception {
    HttpRequest request = request(path).POST(BodyPublishers.noBody()).build();
    return client.send(request, BodyHandlers.ofString());
  }

  private BufferedReader open(String path) throws Exception {
    HttpRequest request = request(path).POST(BodyPublishers.noBody()).build();
    InputStream lines = client.send(request, BodyHandlers.ofInputStream()).body();
    return new BufferedReader(new InputStreamReader(lines, StandardCharsets.UTF_8));
  }

  @Test
  void aJobSendsItsProgressAndLastItsResult() throws Exception {
    serve(
        Jobs.HEARTBEAT,
        progress -> {
          progress.tell("a \"damaged\"\nfile");
          progress.at("packs", 12, 40);
          return JobResult.of(JobResult.Verdict.PROBLEMS).with("packs", 40).with("place", "here");
        });

    HttpResponse<String> answer = post("/admin/jobs/sweep?dry-run=true");

    assertEquals(200, answer.statusCode());
    assertEquals("application/x-ndjson", answer.headers().firstValue("Content-Type").orElse(""));
    assertEquals("no-store", answer.headers().firstValue("Cache-Control").orElse(""));
    List<String> lines = answer.body().lines().toList();
    assertTrue(lines.contains("{\"tell\":\"a \\\"damaged\\\"?file\"}"), answer.body());
    assertTrue(lines.contains("{\"step\":\"packs\",\"done\":12,\"total\":40}"), answer.body());
    assertEquals(
        "{\"verdict\":\"problems\",\"result\":{\"packs\":40,\"place\":\"here\"}}",
        lines.get(lines.size() - 1));
  }

  @Test
  void aJobThatFailsEndsWithItsReason() throws Exception {
    serve(
        Jobs.HEARTBEAT,
        progress -> {
          throw new IOException("the bucket is away");
        });

    assertEquals("{\"error\":\"the bucket is away\"}\n", post("/admin/jobs/sweep").body());
  }

  @Test
  void whatIsNoJobOrNoOptionOfItIsRefused() throws Exception {
    serve(Jobs.HEARTBEAT, progress -> JobResult.of(JobResult.Verdict.DONE));

    assertRefused(404, "no such job; jobs: sweep\n", post("/admin/jobs/nothing"));
    assertRefused(404, "no such job; jobs: sweep\n", post("/admin/jobs/"));
    assertRefused(
        400, "unknown option deep; options: dry-run\n", post("/admin/jobs/sweep?deep=true"));
    assertRefused(
        400, "option dry-run: neither true nor false\n", post("/admin/jobs/sweep?dry-run=1"));
    assertRefused(400, "option dry-run: given twice\n", post("/admin/jobs/sweep?dry-run&dry-run"));
    HttpResponse<String> get =
        client.send(request("/admin/jobs/sweep").build(), BodyHandlers.ofString());
    assertRefused(405, "method not allowed\n", get);
    assertEquals("POST", get.headers().firstValue("Allow").orElse(""));
  }

  private static void assertRefused(int status, String line, HttpResponse<String> answer) {
    assertEquals(line, answer.body());
    assertEquals(status, answer.statusCode());
  }

  @Test
  void aJobRunsOnceAtATime() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    serve(
        Jobs.HEARTBEAT,
        progress -> {
          progress.tell("running");
          await(gate);
          return JobResult.of(JobResult.Verdict.DONE);
        });
    try (BufferedReader first = open("/admin/jobs/sweep")) {
      assertEquals("{\"tell\":\"running\"}", first.readLine());

      assertRefused(
          409, "the job sweep is running already\n", post("/admin/jobs/sweep?dry-run=false"));
      gate.countDown();
      assertEquals("{\"verdict\":\"done\",\"result\":{}}", first.readLine());
    }
    assertEquals(200, post("/admin/jobs/sweep").statusCode());
  }

  @Test
  void aJobWithoutNewsGivesSignsOfLife() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    serve(
        Duration.ofMillis(20),
        progress -> {
          await(gate);
          return JobResult.of(JobResult.Verdict.DONE);
        });
    try (BufferedReader lines = open("/admin/jobs/sweep")) {
      for (int i = 0; i < 3; i++) {
        assertEquals("{\"step\":\"start\",\"done\":0,\"total\":0}", lines.readLine());
      }
      gate.countDown();
    }
  }

  @Test
  void aJobStopsWhenItsClientLeaves() throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    serve(
        Jobs.HEARTBEAT,
        progress -> {
          progress.tell("running");
          awaitStop(progress);
          stopped.countDown();
          return JobResult.of(JobResult.Verdict.UNFINISHED);
        });
    try (Socket socket = new Socket("127.0.0.1", URI.create(server.url()).getPort())) {
      socket
          .getOutputStream()
          .write(
              ("POST /admin/jobs/sweep HTTP/1.1\r\nHost: narthex\r\nContent-Length: 0\r\n"
                      + "Authorization: Bearer "
                      + ADMIN
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      assertTrue(socket.getInputStream().read() >= 0);
    }

    assertTrue(stopped.await(PATIENCE.toSeconds(), TimeUnit.SECONDS), "the job is stopped");
  }

  private static void awaitStop(Progress progress) {
    Soon.await("stop of the job").until(progress::isStopped);
  }

  private static void await(CountDownLatch gate) throws IOException {
    try {
      assertTrue(gate.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
