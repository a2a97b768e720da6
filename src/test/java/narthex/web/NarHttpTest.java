package narthex.web;

import static narthex.web.HttpFixture.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NARs and narinfos over HTTP, served by the whole web application in a real Tomcat. */
class NarHttpTest extends SharedServer {
  private static final String YEAR = "public, max-age=31536000, immutable";
  private static final List<String> TOLD =
      List.of(
          "content-length content-type etag accept-ranges cache-control vary content-encoding"
              .split(" "));

  private int seed = 100;

  private Sample cold(Compression compression) throws IOException {
    return http.know(Sample.of(seed++, compression));
  }

  private Sample stored(Compression compression) throws IOException {
    Sample sample = cold(compression);
    HttpResponse<byte[]> file = http.get(path(sample.fileName()));
    assertArrayEquals(sample.bytes(sample.fileName(), 0), file.body());
    return sample;
  }

  private static List<String> told(HttpResponse<?> response) {
    return TOLD.stream().map(name -> name + "=" + response.headers().allValues(name)).toList();
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private static byte[] part(Sample sample, NarFileName name, int from, int count) {
    return Arrays.copyOf(sample.bytes(name, from), count);
  }

  private static void assertPlainError(int status, HttpResponse<byte[]> response) {
    String text = new String(response.body(), StandardCharsets.UTF_8);
    String lower = text.toLowerCase(Locale.ROOT);
    assertEquals(status, response.statusCode(), text);
    assertEquals("no-store", header(response, "cache-control"));
    assertTrue(text.lines().count() <= 1, text);
    for (String leak : List.of("exception", "tomcat", "narthex.", "java", "/tmp", "127.0.0.1")) {
      assertFalse(lower.contains(leak), text);
    }
    assertEquals("", header(response, "server"));
    assertEquals("", header(response, "etag"));
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void aNarIsSentAsFileAndDecoded(Compression compression) throws IOException {
    Sample sample = cold(compression);
    for (int round = 0; round < 2; round++) {
      for (NarFileName name : List.of(sample.narName(), sample.fileName())) {
        HttpResponse<byte[]> response = http.get(path(name));
        assertEquals(200, response.statusCode());
        assertArrayEquals(sample.bytes(name, 0), response.body());
        assertEquals(YEAR, header(response, "cache-control"));
        assertEquals("bytes", header(response, "accept-ranges"));
        assertEquals("application/x-nix-nar", header(response, "content-type"));
        assertEquals("", header(response, "content-encoding"));
        assertEquals(Integer.toString(response.body().length), header(response, "content-length"));
        boolean coded = name.compression() == Compression.NONE;
        assertEquals(coded ? "Accept-Encoding" : "", header(response, "vary"));
      }
    }
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void headTellsWhatGetTellsAndReadsNoBody() throws IOException {
    Sample sample = cold(Compression.XZ);
    List<List<String>> heads = new ArrayList<>();
    List<String> paths =
        List.of(path(sample.fileName()), path(sample.narName()), sample.narInfoTarget());
    for (String path : paths) {
      HttpResponse<byte[]> head = http.head(path);
      assertEquals(200, head.statusCode());
      assertEquals(0, head.body().length);
      heads.add(told(head));
    }
    assertEquals(0, http.upstream.requests().count("GET", sample.narTarget()));
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < paths.size(); i++) {
        assertEquals(heads.get(i), told(http.get(paths.get(i))));
        assertEquals(heads.get(i), told(http.head(paths.get(i))));
      }
    }
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void rangesAreSentAlsoInFlight(boolean isStored) throws IOException {
    Sample sample = isStored ? stored(Compression.XZ) : cold(Compression.XZ);
    for (NarFileName name : List.of(sample.fileName(), sample.narName())) {
      int length = sample.bytes(name, 0).length;
      List<int[]> ranges =
          List.of(
              new int[] {0, 0},
              new int[] {0, length - 1},
              new int[] {7, 20},
              new int[] {length / 2, length - 1},
              new int[] {length - 1, length - 1});
      for (int[] range : ranges) {
        HttpResponse<byte[]> part =
            http.get(path(name), "Range", "bytes=" + range[0] + "-" + range[1]);
        assertEquals(206, part.statusCode());
        assertEquals(
            String.format(Locale.ROOT, "bytes %d-%d/%d", range[0], range[1], length),
            header(part, "content-range"));
        assertArrayEquals(part(sample, name, range[0], range[1] - range[0] + 1), part.body());
      }
      assertArrayEquals(
          sample.bytes(name, length - 5), http.get(path(name), "Range", "bytes=-5").body());
      assertArrayEquals(
          sample.bytes(name, length / 3),
          http.get(path(name), "Range", "bytes=" + length / 3 + "-").body());
      HttpResponse<byte[]> beyond = http.get(path(name), "Range", "bytes=" + length + "-");
      assertEquals(416, beyond.statusCode());
      assertEquals("bytes */" + length, header(beyond, "content-range"));
      assertEquals(200, http.get(path(name), "Range", "bytes=0-1,3-4").statusCode());
      assertEquals(200, http.get(path(name), "Range", "lines=0-1").statusCode());
    }
  }

  @Test
  void aRangeOfAStalledDownloadStartsBeforeTheRestArrived() throws IOException {
    Gate gate = new Gate();
    Sample sample = cold(Compression.XZ);
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(40_000, gate));
    NarFileName name = sample.fileName();
    HttpResponse<InputStream> part = http.open(path(name), "Range", "bytes=100-");
    HttpResponse<InputStream> whole = http.open(path(sample.narName()));
    try (InputStream in = part.body();
        InputStream nar = whole.body()) {
      assertEquals(206, part.statusCode());
      assertArrayEquals(part(sample, name, 100, 30_000), in.readNBytes(30_000));
      assertArrayEquals(part(sample, sample.narName(), 0, 10_000), nar.readNBytes(10_000));
      gate.open();
      assertArrayEquals(sample.bytes(name, 30_100), in.readAllBytes());
      assertArrayEquals(sample.bytes(sample.narName(), 10_000), nar.readAllBytes());
    }
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void knownTagsAreAnsweredWith304() throws IOException {
    Sample sample = stored(Compression.XZ);
    List<String> paths =
        List.of(path(sample.fileName()), path(sample.narName()), sample.narInfoTarget());
    for (String path : paths) {
      String tag = header(http.get(path), "etag");
      assertTrue(tag.startsWith("\"") && tag.endsWith("\""), tag);
      for (String known : List.of(tag, "W/" + tag, "\"x\", " + tag, "*")) {
        for (String method : List.of("GET", "HEAD")) {
          HttpResponse<byte[]> same = http.send(method, path, "If-None-Match", known);
          assertEquals(304, same.statusCode());
          assertEquals(tag, header(same, "etag"));
          assertEquals(0, same.body().length);
        }
      }
      assertEquals(200, http.get(path, "If-None-Match", "\"other\"").statusCode());
    }
  }

  @Test
  void aRangeCountsOnlyForTheSameBytes() throws IOException {
    Sample sample = stored(Compression.XZ);
    for (NarFileName name : List.of(sample.fileName(), sample.narName())) {
      String tag = header(http.get(path(name)), "etag");
      String[] range = {"Range", "bytes=3-9", "If-Range", tag};
      assertEquals(206, http.get(path(name), range).statusCode());
      range[3] = "\"other\"";
      assertArrayEquals(sample.bytes(name, 0), http.get(path(name), range).body());
      range[3] = "W/" + tag;
      assertEquals(200, http.get(path(name), range).statusCode());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "zstd|true",
        "gzip, zstd;q=0.5|true",
        "ZSTD;q=1.0|true",
        "zstd;q=0|false",
        "zstd;q=0.3, identity;q=0.7|false",
        "gzip, br|false",
        "*|false",
        "identity|false"
      })
  void theContentCodingIsNegotiated(String accepted, boolean coded) throws IOException {
    for (Compression compression : List.of(Compression.XZ, Compression.ZSTD, Compression.NONE)) {
      Sample sample = cold(compression);
      for (int round = 0; round < 2; round++) {
        HttpResponse<byte[]> response =
            http.get(path(sample.narName()), "Accept-Encoding", accepted);
        assertEquals(coded ? "zstd" : "", header(response, "content-encoding"));
        assertEquals("Accept-Encoding", header(response, "vary"));
        Compression sent = coded ? Compression.ZSTD : Compression.NONE;
        try (InputStream in = Decoders.decode(sent, new ByteArrayInputStream(response.body()))) {
          assertArrayEquals(sample.bytes(sample.narName(), 0), in.readAllBytes());
        }
      }
      HttpResponse<byte[]> file = http.get(path(sample.fileName()), "Accept-Encoding", "br");
      assertEquals("", header(file, "content-encoding"));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"XZ", "ZSTD", "NONE"})
  void aWrongBodyIsABrokenTransferForEveryClient(Compression compression) throws IOException {
    Sample sample = cold(compression);
    http.upstream.fail(sample.narTarget(), Fault.flipByte(sample.fileBytes() - 20L));
    List<CompletableFuture<Integer>> clients = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      NarFileName name = i % 3 == 0 ? sample.fileName() : sample.narName();
      String accepted = i % 3 == 1 ? "zstd" : "identity";
      clients.add(
          CompletableFuture.supplyAsync(
              () -> status(path(name), accepted), task -> new Thread(task).start()));
    }
    for (CompletableFuture<Integer> client : clients) {
      int status = client.join();
      assertTrue(status == 0 || status == 503, "status " + status);
    }
    http.upstream.heal();
    assertArrayEquals(sample.bytes(sample.narName(), 0), http.get(path(sample.narName())).body());
    assertArrayEquals(sample.bytes(sample.fileName(), 0), http.get(path(sample.fileName())).body());
  }

  /** Returns the status of a complete response; 0 for a broken transfer. */
  private int status(String path, String accepted) {
    try {
      return http.get(path, "Accept-Encoding", accepted).statusCode();
    } catch (IOException broken) {
      return 0;
    }
  }

  @Test
  void aRangeOfAWrongBodyIsBrokenToo() throws IOException {
    Sample sample = cold(Compression.NONE);
    Gate gate = new Gate();
    http.upstream.fail(
        sample.narTarget(),
        Fault.flipByte(sample.fileBytes() - 20L).and(Fault.stallAfter(90_000, gate)));
    HttpResponse<InputStream> part = http.open(path(sample.narName()), "Range", "bytes=10-20000");
    try (InputStream in = part.body()) {
      assertEquals(206, part.statusCode());
      gate.open();
      assertThrows(IOException.class, in::readAllBytes);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nar/x.nar.xz",
        "/nar",
        "/nar/",
        "/nar/0000000000000000000000000000000000000000000000000000.nar.lzip",
        "/nar/68656c6c-6f20-776f-726c-642121212121.nar.zst",
        "/nar/00000000000000000000000000000000-"
            + "0000000000000000000000000000000000000000000000000000.nar",
        "/nar/0000000000000000000000000000000000000000000000000000.nar.foo",
        "/nar/a/0000000000000000000000000000000000000000000000000000.nar",
        "/nar/000000000000000000000000000000000000000000000000000e.nar",
        "/0000000000000000000000000000000.narinfo",
        "/0000000000000000000000000000000e.narinfo",
        "/.narinfo",
        "/%3Cscript%3E.narinfo"
      })
  void aNameThatIsNoNameOfOursIs404(String path) throws IOException {
    assertPlainError(404, http.get(path));
    assertEquals(404, http.head(path).statusCode());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nar/0000000000000000000000000000000000000000000000000000.nar.xz",
        "/nar/0000000000000000000000000000000000000000000000000000.nar",
        "/00000000000000000000000000000000.narinfo",
        "/WEB-INF/web.xml"
      })
  void whatIsSurelyNotThereIs404(String path) throws IOException {
    assertPlainError(404, http.get(path));
    assertEquals(404, http.head(path).statusCode());
  }

  /** The length of this NAR is unknown until all of it is decoded. */
  @Test
  void aNarInFlightThatIsKnownByItsNameAloneDoesNotOfferRanges() throws Exception {
    Sample sample = Sample.of(seed++, Compression.XZ).publish(http.upstream);
    Gate gate = new Gate();
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() - 1L, gate));
    HttpResponse<InputStream> whole = http.open(path(sample.narName()));
    try (InputStream in = whole.body()) {
      assertEquals("", whole.headers().firstValue("accept-ranges").orElse(""));
      gate.open();
      assertArrayEquals(sample.bytes(sample.narName(), 0), in.readAllBytes());
    }
  }

  @Test
  void aNarInTroubleIs503AndOneThatIsGoneIs404() throws IOException {
    Sample sample = cold(Compression.XZ);
    http.upstream.fail(request -> true, Fault.status(500), Integer.MAX_VALUE);
    for (NarFileName name : List.of(sample.fileName(), sample.narName())) {
      assertPlainError(503, http.get(path(name)));
      assertPlainError(503, http.get(path(name), "Accept-Encoding", "zstd"));
      assertPlainError(503, http.get(path(name), "Range", "bytes=5-"));
      assertEquals(503, http.head(path(name)).statusCode());
    }
    http.upstream.heal().remove(sample.narTarget());
    for (NarFileName name : List.of(sample.fileName(), sample.narName())) {
      assertPlainError(404, http.get(path(name)));
      assertEquals(404, http.head(path(name)).statusCode());
    }
  }

  @Test
  void aNarInfoInTroubleIsAMissThatNobodyKeeps() throws IOException {
    Sample sample = Sample.of(seed++, Compression.XZ).publish(http.upstream);
    for (Fault fault : List.of(Fault.status(500), Fault.status(429), Fault.cutAfter(9))) {
      http.upstream.fail(sample.narInfoTarget(), fault);
      assertPlainError(404, http.get(sample.narInfoTarget()));
      http.upstream.heal();
    }
    http.upstream.goDown();
    assertPlainError(404, http.get(sample.narInfoTarget()));
    assertEquals(404, http.head(sample.narInfoTarget()).statusCode());
    http.upstream.comeUp();
    HttpResponse<byte[]> found = http.get(sample.narInfoTarget());
    assertEquals(200, found.statusCode());
    assertEquals("text/x-nix-narinfo", header(found, "content-type"));
    assertEquals("public, max-age=3600", header(found, "cache-control"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE"})
  void otherMethodsAreNotAllowed(String method) throws IOException {
    Sample sample = stored(Compression.XZ);
    List<String> paths =
        List.of(
            path(sample.fileName()),
            sample.narInfoTarget(),
            "/nix-cache-info",
            "/pubkey",
            "/healthz");
    for (String path : paths) {
      assertPlainError(405, http.send(method, path));
    }
  }
}
