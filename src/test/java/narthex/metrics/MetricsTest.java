package narthex.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import narthex.maintain.WorkObserver.Result;
import narthex.web.FinishedRequest;
import narthex.web.Outcome;
import narthex.web.RequestKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
  private static final Pattern NAME =
      Pattern.compile("(narthex|jvm|process|system)_[a-z0-9]+(_[a-z0-9]+)*");

  private final Metrics metrics = Metrics.open("1.2", Optional.empty());

  @AfterEach
  void close() {
    metrics.close();
  }

  private String text() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    metrics.writeTo(out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private void assertHas(String line) throws IOException {
    String text = text();
    assertTrue(text.lines().anyMatch(line::equals), line + " in " + text);
  }

  private static FinishedRequest request(RequestKind kind, int status, Outcome outcome) {
    return new FinishedRequest(kind, "GET", status, 10, outcome, 1_000_000, 30_000_000);
  }

  @Test
  void aRequestIsCountedAndTimed() throws Exception {
    metrics.requests().finished(request(RequestKind.NAR, 206, Outcome.HIT));

    assertHas("narthex_requests_total{kind=\"nar\",status=\"2xx\"} 1.0");
    assertHas("narthex_sent_bytes_total{kind=\"nar\"} 10.0");
    assertHas("narthex_lookups_total{kind=\"nar\",outcome=\"hit\"} 1.0");
    assertHas("narthex_lookup_sent_bytes_total{kind=\"nar\",outcome=\"hit\"} 10.0");
    assertHas("narthex_first_byte_seconds_bucket{kind=\"nar\",le=\"0.005\"} 1");
    assertHas("narthex_request_seconds_bucket{kind=\"nar\",le=\"0.025\"} 0");
    assertHas("narthex_request_seconds_bucket{kind=\"nar\",le=\"0.1\"} 1");
  }

  @Test
  void aRefusedUploadIsARequestAndNoLookup() throws Exception {
    metrics.requests().finished(request(RequestKind.UPLOAD, 403, Outcome.NONE));
    metrics.requests().finished(request(RequestKind.NARINFO, 401, Outcome.NONE));

    assertHas("narthex_requests_total{kind=\"upload\",status=\"4xx\"} 1.0");
    assertHas("narthex_requests_total{kind=\"narinfo\",status=\"4xx\"} 1.0");
    for (Outcome outcome : Outcome.values()) {
      if (outcome != Outcome.NONE) {
        String labels = "{kind=\"narinfo\",outcome=\"" + outcome.word() + "\"}";
        assertHas("narthex_lookups_total" + labels + " 0.0");
      }
    }
  }

  @Test
  void failedWorkIsCountedAndIsNoSuccess() throws Exception {
    WorkMeters work = metrics.work();
    work.expect(Set.of("sweep", "collect"), Set.of("fsck"));

    work.itemEnded("sweep", Result.FAILED);
    work.searched("collect", Result.IDLE);
    work.jobEnded("fsck", Result.DONE);

    assertHas("narthex_chore_items_total{chore=\"sweep\",result=\"failed\"} 1.0");
    assertHas("narthex_chore_last_success_timestamp_seconds{chore=\"sweep\"} NaN");
    assertFalse(
        text().contains("narthex_chore_last_success_timestamp_seconds{chore=\"collect\"} NaN"));
    assertHas("narthex_jobs_total{job=\"fsck\",result=\"done\"} 1.0");
    assertHas("narthex_jobs_total{job=\"fsck\",result=\"failed\"} 0.0");
  }

  @Test
  void namesFollowTheConventions() throws Exception {
    for (String line : text().lines().filter(each -> each.startsWith("# TYPE ")).toList()) {
      List<String> words = List.of(line.split(" ", -1));
      String name = words.get(2);
      assertTrue(NAME.matcher(name).matches(), name);
      assertEquals(words.get(3).equals("counter"), name.endsWith("_total"), name);
    }
  }

  @Test
  void theSameFiguresAreShownByJmxUntilTheDeploymentEnds() throws Exception {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName all = new ObjectName("narthex:context=\"/a\",*");
    ObjectName hits =
        new ObjectName("narthex:context=\"/a\",name=narthex.lookups,kind=\"nar\",outcome=\"hit\"");
    try (Metrics other = Metrics.open("1.2", Optional.empty());
        Closeable first = metrics.showByJmx("/a")) {
      metrics.requests().finished(request(RequestKind.NAR, 200, Outcome.HIT));
      try (Closeable second = other.showByJmx("/a")) {
        assertNotNull(first);
        assertNotNull(second);
        assertEquals(1.0, server.getAttribute(hits, "count"));
        String again = hits.getCanonicalName().replace("\"/a\"", "\"/a#2\"");
        assertEquals(0.0, server.getAttribute(new ObjectName(again), "count"));
      }
      metrics.work().expect(Set.of("later"), Set.of());
      assertTrue(
          server.queryNames(all, null).stream()
              .anyMatch(name -> "\"later\"".equals(name.getKeyProperty("chore"))));
    }
    assertEquals(Set.of(), server.queryNames(new ObjectName("narthex:*"), null));
  }

  @Test
  void theFiguresArePushedToACollector() throws Exception {
    BlockingQueue<String> pushes = new LinkedBlockingQueue<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/metrics",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          String key = String.valueOf(exchange.getRequestHeaders().getFirst("X-Key"));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
          pushes.add(key + " " + new String(body, StandardCharsets.ISO_8859_1));
        });
    collector.start();
    String url = "http://localhost:" + collector.getAddress().getPort() + "/v1/metrics";
    try {
      Metrics.Push push = new Metrics.Push(url, Duration.ofHours(1), Map.of("X-Key", "abc"));
      try (Metrics pushed = Metrics.open("1.2", Optional.of(push))) {
        pushed.requests().finished(request(RequestKind.NAR, 200, Outcome.HIT));
      } // pushes what it has

      String first = pushes.poll(20, TimeUnit.SECONDS);
      assertNotNull(first);
      assertTrue(first.startsWith("abc "));
      assertTrue(first.contains("narthex.lookups"));
      assertTrue(first.contains("narthex.build.info"));
    } finally {
      collector.stop(0);
    }
  }
}
