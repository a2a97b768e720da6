package narthex.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import narthex.nix.Compression;
import narthex.nix.PublicKey;
import narthex.nix.Realisation;
import narthex.nix.Realisations;
import narthex.stream.Decoders;
import narthex.stream.Encoders;
import narthex.testing.Fault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents over HTTP: uploaded, fetched and served by the whole web application. */
class DocumentHttpTest extends UploadHttpFixture {
  private static final String HASH = "sn5lbjwwmnbv2bq2xh5qhpm3lrn7nrlm";
  private static final byte[] TEXT = "building\n".repeat(20_000).getBytes(UTF_8);
  private static final byte[] JSON = " {\"a\": 1}\n".getBytes(UTF_8);
  private static final String BUILD_ID = "483bd7f7229bdb06462222e1e353e4f37e15c293";

  private int number;

  /** Returns the path of a log that no test has used before. */
  private String log() {
    return "/log/" + HASH + "-log-" + number++ + ".drv";
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private static byte[] encoded(Compression compression, byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream encoder = Encoders.encode(compression, out)) {
      encoder.write(bytes);
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({
    "/log/HASH-a.drv, text/plain;charset=utf-8",
    "/debuginfo/" + BUILD_ID + ", application/json",
    "/debuginfo/" + BUILD_ID + ".debug, application/json"
  })
  void whatIsPutIsGivenBackByteForByte(String name, String contentType) throws IOException {
    String path = name.replace("HASH", HASH);
    byte[] body = path.startsWith("/log") ? TEXT : JSON;
    assertEquals(404, http.get("/upload" + path).statusCode());

    HttpResponse<byte[]> put = http.put("/upload" + path, body);
    assertEquals(201, put.statusCode());
    assertEquals(0, put.body().length);
    assertEquals(200, http.put("/upload" + path, body).statusCode());

    for (String prefix : List.of("", "/upload")) {
      HttpResponse<byte[]> got = http.get(prefix + path);
      HttpResponse<byte[]> head = http.head(prefix + path);
      assertEquals(200, got.statusCode());
      assertArrayEquals(body, got.body());
      assertEquals(
          contentType, header(got, "content-type").replace("; ", ";").toLowerCase(Locale.ROOT));
      assertEquals(Integer.toString(body.length), header(got, "content-length"));
      assertEquals("nosniff", header(got, "x-content-type-options"));
      assertEquals("sandbox", header(got, "content-security-policy"));
      assertEquals("Accept-Encoding", header(got, "vary"));
      assertEquals(
          prefix.isEmpty() ? "public, max-age=3600" : "no-store", header(got, "cache-control"));
      assertEquals(200, head.statusCode());
      assertEquals(0, head.body().length);
      for (String told : List.of("content-length", "content-type", "etag", "cache-control")) {
        assertEquals(header(got, told), header(head, told), told);
      }
      assertEquals(304, http.get(prefix + path, "If-None-Match", header(got, "etag")).statusCode());
    }
    assertEquals(0, http.upstream.requests().count(path));
  }

  @Test
  void aClientThatPrefersZstdGetsTheStoredFrame() throws IOException {
    String path = log();
    http.put("/upload" + path, TEXT);

    HttpResponse<byte[]> coded = http.get(path, "Accept-Encoding", "gzip, zstd");

    assertEquals("zstd", header(coded, "content-encoding"));
    assertEquals(Integer.toString(coded.body().length), header(coded, "content-length"));
    try (InputStream in =
        Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(coded.body()))) {
      assertArrayEquals(TEXT, in.readAllBytes());
    }
    HttpResponse<byte[]> plain = http.get(path, "If-None-Match", header(coded, "etag"));
    assertEquals(200, plain.statusCode());
    assertEquals("", header(plain, "content-encoding"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"GZIP", "XZ", "ZSTD"})
  void aContentCodingOfAPutIsUndone(Compression coding) throws IOException {
    String path = log();
    byte[] body = encoded(coding, TEXT);

    assertEquals(
        201, http.put("/upload" + path, body, "Content-Encoding", coding.nixName()).statusCode());

    assertArrayEquals(TEXT, http.get("/upload" + path).body());
  }

  @ParameterizedTest
  @CsvSource({
    "/log/HASH-a%2Bb.drv, /log/HASH-a+b.drv",
    "/log/HASH-a+c.drv, /log/HASH-a%2Bc.drv",
    "/log/HASH-a?b=c.drv, /log/HASH-a%3Fb%3Dc.drv",
    "/log/HASH-a%3Fd+e.drv, /log/HASH-a?d+e.drv",
    "/log/HASH-a%3Ff%2Be.drv, /log/HASH-a?f%2Be.drv"
  })
  void everySpellingOfANameIsTheSameName(String one, String other) throws IOException {
    assertEquals(201, http.put(("/upload" + one).replace("HASH", HASH), TEXT).statusCode());

    assertArrayEquals(TEXT, http.get(("/upload" + other).replace("HASH", HASH)).body());
    assertArrayEquals(TEXT, http.get(other.replace("HASH", HASH)).body());
    assertEquals(200, http.put(("/upload" + other).replace("HASH", HASH), TEXT).statusCode());
  }

  @Test
  void realisationsAreServedWithOurSignatureUnderEverySpelling() throws IOException {
    String raw = "/upload/" + Realisations.LEAF.print();
    PublicKey ours = PublicKey.parse(new String(http.get("/pubkey").body(), UTF_8).trim());

    assertEquals(201, http.put(raw.replace("!", "%21"), Realisations.leaf()).statusCode());

    for (String path : List.of(raw, raw.replace("!", "%21"), raw.replace(":", "%3A"))) {
      for (String prefix : List.of("/upload", "")) {
        HttpResponse<byte[]> got = http.get(path.replace("/upload", prefix));
        assertEquals(200, got.statusCode());
        assertEquals("application/json", header(got, "content-type"));
        Realisation realisation = Realisation.parse(Realisations.LEAF, got.body());
        assertEquals(2, realisation.signatures().size());
        assertTrue(realisation.isSignedBy(List.of(Realisations.KEY.publicKey())));
        assertTrue(realisation.isSignedBy(List.of(ours)));
      }
    }
  }

  @Test
  void buildTracesAreServedWithOurSignature() throws IOException {
    String path = "/build-trace-v2/" + HASH + "-a+b.drv/out.doi";
    String body = "{\"outPath\":\"%s-a+b\",\"signatures\":[]}".formatted(HASH);

    assertEquals(201, http.put("/upload" + path, body.getBytes(UTF_8)).statusCode());

    String served = new String(http.get(path.replace("+", "%2B")).body(), UTF_8);
    assertTrue(served.contains("\"signatures\":[{\"keyName\":\""), served);
  }

  @Test
  void aListingIsPutAndGivenBack() throws IOException {
    String path = "/upload/" + HASH + ".ls";

    assertEquals(404, http.head(path).statusCode());
    assertEquals(201, http.put(path, JSON).statusCode());
    assertArrayEquals(JSON, http.get(path).body());
    assertEquals("application/json", header(http.head(path), "content-type"));
  }

  @Test
  void aDocumentThatIsNotHereIsAskedForUpstreamAndKept() throws IOException {
    String path = log();
    http.upstream.put(path, TEXT).fail(path, Fault.contentEncoding("gzip"));

    assertEquals(404, http.get("/upload" + path).statusCode());
    assertEquals(0, http.upstream.requests().count(path));
    assertEquals(200, http.head(path).statusCode());
    assertArrayEquals(TEXT, http.get(path).body());
    assertArrayEquals(TEXT, http.get("/upload" + path).body());
    assertEquals(1, http.upstream.requests().count(path));
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 500})
  void absenceAndTroubleUpstreamAreMissesThatNobodyKeeps(int status) throws IOException {
    String path = log();
    http.upstream.fail(path, Fault.status(status));

    assertRefused(404, "no such document", http.get(path));
  }

  @ParameterizedTest
  @CsvSource({
    "/log/HASH-a, not the name of a document",
    "/log/, not the name of a document",
    "/log/HASH-a.drv?x=y, not the name of a document",
    "/log/HASH-a?%zz.drv, percent-encoded",
    "/debuginfo/00, not the name of a document",
    "/realisations/x.doi, not the name of a document",
    "/build-trace-v2/HASH-a.drv/, not the name of a document"
  })
  void aNameThatIsNoNameOfOursIs404ForReadersAndRefusedForWriters(String name, String reason)
      throws IOException {
    String path = name.replace("HASH", HASH);
    if (path.contains("%zz")) {
      String answer =
          http.raw(bytes("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
      assertTrue(answer.startsWith("HTTP/1.1 404"), answer);
      return;
    }
    assertRefused(404, reason, http.get(path));
    assertEquals(404, http.head(path).statusCode());
    assertRefused(400, reason, http.put("/upload" + path, TEXT));
  }

  @Test
  void malformedDocumentsAreRefusedAndNotKept() throws IOException {
    for (String path :
        List.of(
            "/upload/debuginfo/" + "0".repeat(40),
            "/upload/" + HASH.replace('s', 'a') + ".ls",
            "/upload/build-trace-v2/" + HASH + "-x.drv/out.doi",
            "/upload/" + Realisations.TOP.print().replace("!", "%21"))) {
      assertRefused(400, "", http.put(path, "{\"id\":1".getBytes(UTF_8)));
      assertEquals(404, http.get(path).statusCode());
    }
  }

  @Test
  void documentsThatAreTooLargeAreRefused() throws IOException {
    byte[] big = ("{\"a\":\"" + "x".repeat(1 << 20) + "\"}").getBytes(UTF_8);
    String path = "/upload/debuginfo/" + "1".repeat(40);
    assertRefused(413, "more than 1048576 bytes", http.put(path, big));
    assertRefused(413, "more than 1048576 bytes", http.putChunked(path, big));
    assertRefused(
        413,
        "more than 1048576 bytes",
        http.put(path, encoded(Compression.ZSTD, big), "Content-Encoding", "zstd"));
    assertEquals(404, http.get(path).statusCode());
  }

  @Test
  void aBodyThatIsCutShortIsNotKept() throws IOException {
    String path = "/upload" + log();

    String answer =
        http.raw(
            bytes("PUT " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this"));

    assertTrue(answer.isEmpty() || answer.startsWith("HTTP/1.1 400"), answer);
    assertEquals(404, http.get(path).statusCode());
  }

  @Test
  void manyMayPutTheSameAtOnce() throws Exception {
    String path = log();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Integer>> puts =
          IntStream.range(0, 16)
              .mapToObj(i -> threads.submit(() -> http.put("/upload" + path, TEXT).statusCode()))
              .toList();
      for (Future<Integer> put : puts) {
        int status = put.get(60, TimeUnit.SECONDS);
        assertTrue(status == 200 || status == 201, "status " + status);
        assertArrayEquals(TEXT, http.get(path).body());
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
