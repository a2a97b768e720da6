package narthex.web;

import static narthex.web.HttpFixture.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarTree;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slow or numerous clients occupy no more than their share of the threads. */
class SharesHttpTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** More than fits the socket buffers, so that a client that doesn't read occupies a thread. */
  private static final int NAR_BYTES = 16 << 20;

  private static final Map<String, String> FEW_THREADS =
      Map.of("narthex.http.threads", "10", "narthex.upload.enabled", "true");

  @TempDir Path folder;

  private final ExecutorService clients = Executors.newCachedThreadPool();
  private final List<Socket> sockets = new ArrayList<>();

  @AfterEach
  void stop() throws IOException {
    clients.shutdownNow();
    closeSockets();
  }

  private void closeSockets() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private Socket ask(HttpFixture http, String from, String target) throws IOException {
    Socket socket = new Socket();
    sockets.add(socket);
    socket.setReceiveBufferSize(4096);
    socket.setSoTimeout((int) PATIENCE.toMillis());
    socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
    socket.connect(new InetSocketAddress("127.0.0.1", http.port()));
    String head = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  private static String statusLine(Socket socket) throws IOException {
    return new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
  }

  /**
   * Waits until this many clients have received response headers. Their requests then occupy
   * threads.
   */
  private static void awaitAnswers(List<Socket> slow, int wanted) {
    Soon.await("answers")
        .atMost(PATIENCE) // before those that wait are refused
        .until(() -> answered(slow), count -> count >= wanted);
  }

  private static int answered(List<Socket> clients) throws IOException {
    int count = 0;
    for (Socket socket : clients) {
      count += socket.getInputStream().available() > 0 ? 1 : 0;
    }
    return count;
  }

  /** Sends a request from this address and returns the whole response. */
  private byte[] answer(HttpFixture http, String from, String target) throws IOException {
    return ask(http, from, target).getInputStream().readAllBytes();
  }

  private static Sample stored(HttpFixture http) throws IOException {
    return stored(http, Compression.NONE);
  }

  private static Sample stored(HttpFixture http, Compression compression) throws IOException {
    Sample sample = Sample.of("big", NarTree.random(1, NAR_BYTES).nar(), compression);
    http.know(sample);
    assertEquals(200, http.get(path(sample.narName())).statusCode());
    http.awaitStored(path(sample.narName()));
    return sample;
  }

  private <T> List<Future<T>> startAll(int count, Callable<T> each) {
    List<Future<T>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(clients.submit(each));
    }
    return all;
  }

  @Test
  void threeHundredSlowReadersStopNobodyElse() throws IOException {
    Map<String, String> settings =
        Map.of(
            "narthex.http.threads", "200",
            "narthex.upload.enabled", "true",
            "narthex.cdc.mode", "eager");
    try (HttpFixture http = HttpFixture.start(folder, settings);
        Closeable slowOnes = this::closeSockets) {
      Sample sample = stored(http);
      Sample cold = Sample.of(7, Compression.XZ).publish(http.upstream);
      List<Socket> slow = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        slow.add(ask(http, "127.0.0.1", path(sample.narName())));
      }
      awaitAnswers(slow, Work.NARS.share(200) * 2 / 3);

      for (String from : List.of("127.0.0.1", "127.0.0.2")) {
        for (String target :
            List.of("/healthz", "/readyz", sample.narInfoTarget(), cold.narInfoTarget())) {
          String answer =
              new String(answer(http, from, target), StandardCharsets.ISO_8859_1).substring(0, 12);
          assertEquals("HTTP/1.1 200", answer, target);
        }
      }
      byte[] nar = answer(http, "127.0.0.2", path(sample.narName()));
      assertArrayEquals(
          sample.bytes(sample.narName(), 0),
          Arrays.copyOfRange(nar, nar.length - (int) sample.id().sizeBytes(), nar.length));
    }
  }

  @Test
  void aReaderThatTakesNothingIsBrokenOffForOneThatWaits() throws IOException {
    Map<String, String> settings =
        Map.of(
            "narthex.http.threads", "10",
            "narthex.download.idle-timeout", "5s",
            "narthex.upload.enabled", "true",
            "narthex.cdc.mode", "eager");
    try (HttpFixture http = HttpFixture.start(folder, settings);
        Closeable slowOnes = this::closeSockets) {
      Sample sample = stored(http);
      List<Socket> slow = new ArrayList<>();
      for (int i = 0; i < Work.NARS.share(10) * 2; i++) {
        slow.add(ask(http, "127.0.0.1", path(sample.narName())));
      }
      awaitAnswers(slow, 1);

      HttpResponse<byte[]> response = http.get(path(sample.narName()));

      assertEquals(200, response.statusCode());
      assertArrayEquals(sample.bytes(sample.narName(), 0), response.body());
    }
  }

  @Test
  void aFileThatTheServerSendsByItselfWaitsForNoReader() throws IOException {
    Map<String, String> settings =
        Map.of(
            "narthex.http.threads", "10",
            "narthex.download.min-rate", "0",
            "narthex.upload.enabled", "true",
            "narthex.cdc.mode", "off");
    try (HttpFixture http = HttpFixture.start(folder, settings);
        Closeable slowOnes = this::closeSockets) {
      Sample sample = stored(http, Compression.ZSTD);
      List<Socket> slow = new ArrayList<>();
      for (int i = 0; i < Work.NARS.share(10); i++) {
        slow.add(ask(http, i == 0 ? "127.0.0.2" : "127.0.0.1", path(sample.narName())));
      }
      awaitAnswers(slow, slow.size());

      for (int i = 0; i < 3; i++) {
        HttpResponse<byte[]> response = http.get(path(sample.fileName()));

        assertEquals(200, response.statusCode());
        assertArrayEquals(sample.bytes(sample.fileName(), 0), response.body());
      }
    }
  }

  @Test
  void hitsAreAnsweredWhileColdQuestionsWaitForAnUpstream() throws Exception {
    try (HttpFixture http =
        HttpFixture.start(
            folder, Map.of("narthex.http.threads", "10", "narthex.upstream.retry-within", "20s"))) {
      Sample hit = http.know(Sample.of(1, Compression.XZ));
      assertEquals(200, http.get(path(hit.fileName())).statusCode());
      Gate gate = new Gate();
      List<Future<HttpResponse<byte[]>>> cold = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        Sample sample = Sample.of(100 + i, Compression.NONE).publish(http.upstream);
        http.upstream.fail(sample.narInfoTarget(), Fault.stallBeforeHeaders(gate));
        cold.add(clients.submit(() -> http.get(sample.narInfoTarget())));
      }
      gate.awaitArrivals(Work.QUESTIONS.share(10), PATIENCE);

      assertEquals(200, http.get("/healthz").statusCode());
      assertEquals(200, http.get(hit.narInfoTarget()).statusCode());
      assertEquals(200, http.get(path(hit.fileName())).statusCode());
      gate.open();
      for (Future<HttpResponse<byte[]>> answer : cold) {
        assertEquals(200, answer.get().statusCode());
      }
    }
  }

  @Test
  void narsThatWaitForAThreadAreWholeInTheEnd() throws Exception {
    try (HttpFixture http = HttpFixture.start(folder, FEW_THREADS)) {
      Sample first = http.know(Sample.of(1, Compression.XZ));
      Sample second = http.know(Sample.of(2, Compression.XZ));
      Sample broken = http.know(Sample.of(3, Compression.XZ));
      Gate gate = new Gate();
      http.upstream.fail(first.narTarget(), Fault.stallAfter(1000, gate));
      http.upstream.fail(broken.narTarget(), Fault.flipByte(30_000));
      List<Future<HttpResponse<byte[]>>> holding =
          startAll(Work.COMING.share(10), () -> http.get(path(first.fileName())));
      gate.awaitArrivals(1, PATIENCE);
      List<Future<HttpResponse<byte[]>>> waiting =
          startAll(8, () -> http.get(path(second.fileName())));
      List<Future<HttpResponse<byte[]>>> part =
          startAll(4, () -> http.get(path(second.narName()), "Range", "bytes=10-99"));
      List<Future<HttpResponse<byte[]>>> wrong =
          startAll(4, () -> http.get(path(broken.fileName())));

      assertEquals(200, http.get("/healthz").statusCode());
      gate.open();

      for (Future<HttpResponse<byte[]>> answer : holding) {
        assertArrayEquals(first.bytes(first.fileName(), 0), answer.get().body());
      }
      for (Future<HttpResponse<byte[]>> answer : waiting) {
        assertArrayEquals(second.bytes(second.fileName(), 0), answer.get().body());
      }
      for (Future<HttpResponse<byte[]>> answer : part) {
        assertEquals(206, answer.get().statusCode());
        assertArrayEquals(
            Arrays.copyOfRange(second.bytes(second.narName(), 0), 10, 100), answer.get().body());
      }
      for (Future<HttpResponse<byte[]>> answer : wrong) {
        assertNotWhole(answer);
      }
    }
  }

  private static void assertNotWhole(Future<HttpResponse<byte[]>> answer)
      throws InterruptedException {
    try {
      assertTrue(answer.get().statusCode() >= 400, () -> "a whole body of wrong bytes");
    } catch (ExecutionException e) {
      assertTrue(e.getCause() instanceof IOException, e.toString());
    }
  }

  @Test
  void uploadsThatWaitForAThreadAreStored() throws Exception {
    try (HttpFixture http = HttpFixture.start(folder, FEW_THREADS);
        Socket stalled = new Socket("127.0.0.1", http.port())) {
      Sample sample = Sample.of(1, Compression.XZ);
      String head =
          "PUT /upload"
              + path(sample.fileName())
              + " HTTP/1.1\r\nHost: localhost\r\n"
              + "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n";
      stalled.setSoTimeout((int) PATIENCE.toMillis());
      stalled.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
      assertEquals("HTTP/1.1 100", statusLine(stalled));
      List<Future<HttpResponse<byte[]>>> puts = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Sample one = Sample.of(10 + i, Compression.XZ);
        puts.add(
            clients.submit(
                () -> http.put("/upload" + path(one.fileName()), one.bytes(one.fileName(), 0))));
      }
      String log = "/upload/log/" + "0".repeat(32) + "-a+b?c=d.drv";
      Future<HttpResponse<byte[]>> put = clients.submit(() -> http.put(log, new byte[] {'x'}));

      assertEquals(200, http.get("/healthz").statusCode());
      stalled.close();

      for (Future<HttpResponse<byte[]>> answer : puts) {
        assertEquals(201, answer.get().statusCode());
      }
      assertEquals(201, put.get().statusCode());
      assertEquals("x", new String(http.get(log).body(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void aSlowQuestionForMissingPathsHoldsNoUploadUp() throws IOException {
    try (HttpFixture http = HttpFixture.start(folder, FEW_THREADS);
        Socket slow = new Socket("127.0.0.1", http.port())) {
      String head =
          "POST /missing-paths HTTP/1.1\r\nHost: localhost\r\n"
              + "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n";
      slow.setSoTimeout((int) PATIENCE.toMillis());
      slow.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
      assertEquals("HTTP/1.1 100", statusLine(slow));
      Sample sample = Sample.of(1, Compression.XZ);
      String target = "/upload" + path(sample.fileName());

      assertEquals(201, http.put(target, sample.bytes(sample.fileName(), 0)).statusCode());
    }
  }
}
