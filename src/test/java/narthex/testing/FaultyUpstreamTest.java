package narthex.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FaultyUpstreamTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final FaultyUpstream upstream = FaultyUpstream.start();
  private final HttpClient client = HttpClient.newHttpClient();
  private final byte[] bytes = randomBytes(200_000);

  @AfterEach
  void stop() {
    upstream.close();
  }

  @Test
  void servesBytesWithLengthAndEntityTag() throws Exception {
    upstream.put("/a", bytes);

    HttpResponse<byte[]> response = get("/a");

    assertEquals(200, response.statusCode());
    assertArrayEquals(bytes, response.body());
    assertEquals("200000", response.headers().firstValue("Content-Length").orElseThrow());
    assertTrue(response.headers().firstValue("ETag").isPresent());
  }

  @Test
  void servesFilesOfADirectory(@TempDir Path directory) throws Exception {
    Files.createDirectories(directory.resolve("nar"));
    Files.write(directory.resolve("nar/x.nar"), bytes);
    upstream.putDirectory("/", directory);

    assertArrayEquals(bytes, get("/nar/x.nar").body());
    assertEquals(404, get("/nar/y.nar").statusCode());
    assertEquals(404, get("/nar/x.nar?q=1").statusCode());
  }

  @Test
  void aTargetIncludesItsQuery() throws Exception {
    upstream.put("/a?narsize=5", "with").put("/a", "without");

    assertEquals("with", new String(get("/a?narsize=5").body(), ISO_8859_1));
    assertEquals("without", new String(get("/a").body(), ISO_8859_1));
  }

  @Test
  void headHasTheHeadersAndNoBody() throws Exception {
    upstream.put("/a", bytes).fail("/a", Fault.cutAfter(3));

    String answer = exchange("HEAD", "/a", "Connection: close\r\n");

    assertTrue(answer.startsWith("HTTP/1.1 200 OK\r\n"), answer);
    assertTrue(answer.contains("Content-Length: 200000\r\n"), answer);
    assertTrue(answer.endsWith("\r\n\r\n"), answer);
  }

  @Test
  void oneRangeIsAnsweredWithThatPart() throws Exception {
    upstream.put("/a", "0123456789");

    assertPart("23", "bytes 2-3/10", "bytes=2-3");
    assertPart("789", "bytes 7-9/10", "bytes=7-");
    assertPart("89", "bytes 8-9/10", "bytes=-2");
    assertEquals(416, get("/a", "Range", "bytes=10-").statusCode());
  }

  @Test
  void aRangeOfAnotherVersionIsAnsweredWithTheWhole() throws Exception {
    upstream.put("/a", "0123456789");
    String tag = get("/a").headers().firstValue("ETag").orElseThrow();

    assertEquals(206, get("/a", "Range", "bytes=5-", "If-Range", tag).statusCode());
    assertEquals(200, get("/a", "Range", "bytes=5-", "If-Range", "\"other\"").statusCode());
  }

  @Test
  void aRefusedRangeIsAnsweredWithTheWhole() throws Exception {
    upstream.put("/a", bytes).fail("/a", Fault.ignoreRange());

    HttpResponse<byte[]> response = get("/a", "Range", "bytes=5-");

    assertEquals(200, response.statusCode());
    assertArrayEquals(bytes, response.body());
    assertTrue(response.headers().firstValue("Accept-Ranges").isEmpty());
  }

  @Test
  void theContentRangeMayLie() throws Exception {
    upstream.put("/a", bytes).fail("/a", Fault.wrongContentRange("bytes 7-9/10"));

    HttpResponse<byte[]> response = get("/a", "Range", "bytes=5-6");

    assertEquals(206, response.statusCode());
    assertEquals("bytes 7-9/10", response.headers().firstValue("Content-Range").orElseThrow());
  }

  @Test
  void aCutBodyEndsAfterExactlySoManyBytes() throws Exception {
    upstream.put("/a", bytes);
    for (int cut : new int[] {0, 1, 70_000, 199_999}) {
      upstream.fail("/a", Fault.cutAfter(cut), 1);

      String answer = exchange("GET", "/a", "");

      assertEquals(cut, bodyOf(answer).length());
      assertTrue(answer.contains("Content-Length: 200000\r\n"));
    }
    assertArrayEquals(bytes, get("/a").body());
  }

  @Test
  void aCutBeforeTheHeadersSendsNothing() throws Exception {
    upstream.put("/a", bytes).fail("/a", Fault.cutBeforeHeaders());

    assertEquals("", exchange("GET", "/a", ""));
  }

  @Test
  void aResetReachesTheClientAsAReset() {
    upstream.put("/a", bytes).put("/b", bytes);
    upstream.fail("/a", Fault.resetBeforeHeaders()).fail("/b", Fault.resetAfter(10));

    assertThrows(SocketException.class, () -> exchange("GET", "/a", ""));
    assertThrows(SocketException.class, () -> exchange("GET", "/b", ""));
  }

  @Test
  void shortAndLongBodiesEndCleanly() throws Exception {
    upstream.put("/short", "0123456789").fail("/short", Fault.shortBody(3));
    upstream.put("/long", "0123456789").fail("/long", Fault.longBody(2));

    assertEquals("0123456", new String(get("/short").body(), ISO_8859_1));
    assertEquals("0123456789\0\0", new String(get("/long").body(), ISO_8859_1));
  }

  @Test
  void aContentLengthMayPromiseTooMuch() throws Exception {
    upstream.put("/a", "0123456789").fail("/a", Fault.contentLengthTooLarge(5));

    String answer = exchange("GET", "/a", "");

    assertTrue(answer.contains("Content-Length: 15\r\n"));
    assertEquals("0123456789", bodyOf(answer));
  }

  @Test
  void chunkedAndCloseDelimitedBodiesCarryNoLength() throws Exception {
    upstream.put("/chunked", bytes).fail("/chunked", Fault.chunked());
    upstream.put("/close", bytes).fail("/close", Fault.closeDelimited());

    HttpResponse<byte[]> chunked = get("/chunked");
    HttpResponse<byte[]> close = get("/close");

    assertArrayEquals(bytes, chunked.body());
    assertArrayEquals(bytes, close.body());
    assertTrue(chunked.headers().firstValue("Content-Length").isEmpty());
    assertTrue(close.headers().firstValue("Content-Length").isEmpty());
  }

  @Test
  void aCutChunkedBodyHasNoLastChunk() throws Exception {
    upstream.put("/a", "0123456789").fail("/a", Fault.chunked().and(Fault.cutAfter(4)));

    assertEquals("4\r\n0123\r\n", bodyOf(exchange("GET", "/a", "")));
  }

  @Test
  void aFlippedByteIsTheOnlyDifferenceInTheWholeAndInAPart() throws Exception {
    upstream.put("/a", bytes).fail("/a", Fault.flipByte(150_000));
    byte[] expected = bytes.clone();
    expected[150_000] ^= (byte) 0xff;

    assertArrayEquals(expected, get("/a").body());
    byte[] part = get("/a", "Range", "bytes=149999-150001").body();
    assertEquals(expected[150_000], part[1]);
    assertEquals(expected[149_999], part[0]);
  }

  @Test
  void anotherBodyMayBeServed() throws Exception {
    upstream.put("/a", bytes).fail("/a", Fault.replaceBody(new byte[] {1, 2}));

    assertArrayEquals(new byte[] {1, 2}, get("/a").body());
  }

  @Test
  void faultsAreUsedUpInTheirOrder() throws Exception {
    upstream.put("/a", bytes);
    upstream.fail("/a", Fault.status(503), 2);
    upstream.fail("/a", Fault.status(429, Duration.ofSeconds(7)), 1);

    assertEquals(503, get("/a").statusCode());
    assertEquals(503, get("/a").statusCode());
    HttpResponse<byte[]> slowDown = get("/a");
    assertEquals(429, slowDown.statusCode());
    assertEquals("7", slowDown.headers().firstValue("Retry-After").orElseThrow());
    assertEquals(200, get("/a").statusCode());
  }

  @Test
  void healingEndsAllFaults() throws Exception {
    upstream.put("/a", bytes).fail("/a", Fault.status(500));
    assertEquals(500, get("/a").statusCode());

    upstream.heal();

    assertEquals(200, get("/a").statusCode());
  }

  @Test
  void aRedirectLeadsToAnotherServer() throws Exception {
    try (FaultyUpstream other = FaultyUpstream.start()) {
      other.put("/there", "found");
      upstream.fail("/a", Fault.redirect(302, other.url() + "/there"));
      HttpClient follower =
          HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();

      HttpRequest request = HttpRequest.newBuilder(URI.create(upstream.url() + "/a")).build();

      assertEquals("found", follower.send(request, BodyHandlers.ofString()).body());
      assertEquals(1, upstream.requests().count("/a"));
      assertEquals(1, other.requests().count("/there"));
    }
  }

  @Test
  void aStallBeforeTheHeadersLastsUntilTheGateOpens() throws Exception {
    Gate gate = new Gate();
    upstream.put("/a", bytes).fail("/a", Fault.stallBeforeHeaders(gate));

    var response = getAsync("/a");
    gate.awaitArrivals(1, SOON);
    assertFalse(response.isDone());
    gate.open();

    assertArrayEquals(bytes, response.get().body());
  }

  @Test
  void aThrottledBodyComesStepByStep() throws Exception {
    Gate gate = new Gate();
    upstream.put("/a", "0123456789").fail("/a", Fault.stallAfter(3, gate));
    HttpRequest request = HttpRequest.newBuilder(URI.create(upstream.url() + "/a")).build();

    try (InputStream in = client.send(request, BodyHandlers.ofInputStream()).body()) {
      assertEquals("012", new String(in.readNBytes(3), ISO_8859_1));
      gate.awaitArrivals(1, SOON);
      gate.release(2);
      assertEquals("34", new String(in.readNBytes(2), ISO_8859_1));
      gate.awaitArrivals(2, SOON);
      gate.open();
      assertEquals("56789", new String(in.readAllBytes(), ISO_8859_1));
    }
  }

  @Test
  void garbageIsNoHttpAnswer() throws Exception {
    upstream.fail("/a", Fault.garbage("SSH-2.0-x\r\n".getBytes(ISO_8859_1)));

    assertEquals("SSH-2.0-x\r\n", exchange("GET", "/a", ""));
  }

  @Test
  void aContentEncodingReallyEncodes() throws Exception {
    upstream.put("/a", bytes).fail("/a", Fault.contentEncoding("gzip"));

    HttpResponse<byte[]> response = get("/a");

    assertEquals("gzip", response.headers().firstValue("Content-Encoding").orElseThrow());
    InputStream decoded = new GZIPInputStream(new ByteArrayInputStream(response.body()));
    assertArrayEquals(bytes, decoded.readAllBytes());
  }

  @Test
  void requestsWithoutTheCredentialsAreRefused() throws Exception {
    upstream.put("/a", bytes).requireBasic("anna", "secret");

    assertEquals(401, get("/a").statusCode());
    assertEquals(200, get("/a", "Authorization", "Basic YW5uYTpzZWNyZXQ=").statusCode());
  }

  @Test
  void aDownUpstreamRefusesConnectionsUntilItComesUpOnTheSamePort() throws Exception {
    upstream.put("/a", bytes);
    get("/a");

    upstream.goDown();
    assertThrows(ConnectException.class, () -> exchange("GET", "/a", ""));
    upstream.comeUp();

    assertEquals(200, get("/a").statusCode());
  }

  @Test
  void theLogTellsWhatWasAskedAndHowFarItWasAnswered() throws Exception {
    upstream.put("/a", bytes).fail("/a", Fault.cutAfter(5), 1);
    exchange("GET", "/a", "");
    get("/a", "Range", "bytes=10-19");
    upstream.requests().awaitAnswered("/a", 2, SOON);
    exchange("HEAD", "/a", "Connection: close\r\n");

    assertEquals(3, upstream.requests().count("/a"));
    assertEquals("bytes=10-19", upstream.requests().all().get(1).range().orElseThrow());
    assertEquals(5, upstream.requests().answers().get(0).bodyBytes());
    assertEquals(10, upstream.requests().answers().get(1).bodyBytes());
    assertEquals(206, upstream.requests().answers().get(1).status());
  }

  @Test
  void aClientMayUploadInVain() throws Exception {
    HttpRequest put =
        HttpRequest.newBuilder(URI.create(upstream.url() + "/nix-cache-info"))
            .PUT(HttpRequest.BodyPublishers.ofString("StoreDir: /nix/store\n"))
            .build();

    assertEquals(405, client.send(put, BodyHandlers.discarding()).statusCode());
  }

  private void assertPart(String body, String contentRange, String range) throws Exception {
    HttpResponse<byte[]> response = get("/a", "Range", range);

    assertEquals(206, response.statusCode());
    assertEquals(body, new String(response.body(), ISO_8859_1));
    assertEquals(contentRange, response.headers().firstValue("Content-Range").orElseThrow());
  }

  private HttpResponse<byte[]> get(String target, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(upstream.url() + target));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  private java.util.concurrent.CompletableFuture<HttpResponse<byte[]>> getAsync(String target) {
    HttpRequest request = HttpRequest.newBuilder(URI.create(upstream.url() + target)).build();
    return client.sendAsync(request, BodyHandlers.ofByteArray());
  }

  /** Sends one request on a bare socket and reads to the end of the connection. */
  private String exchange(String method, String target, String headers) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", URI.create(upstream.url()).getPort())) {
      String head = method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
      socket.getOutputStream().write(head.getBytes(ISO_8859_1));
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      socket.getInputStream().transferTo(all);
      return all.toString(ISO_8859_1);
    }
  }

  private static String bodyOf(String answer) {
    return answer.substring(answer.indexOf("\r\n\r\n") + 4);
  }

  private static byte[] randomBytes(int length) {
    byte[] random = new byte[length];
    new Random(7).nextBytes(random);
    return random;
  }
}
