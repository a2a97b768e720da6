package narthex.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Uploads of NARs and narinfos over HTTP. */
class UploadHttpTest extends UploadHttpFixture {
  @ParameterizedTest
  @EnumSource(Compression.class)
  void aPathIsCopiedAsNixDoesIt(Compression compression) throws IOException {
    NarFixture fixture = fresh(compression);
    String narInfoPath = narInfoPath(fixture);
    assertEquals(200, http.get("/upload/nix-cache-info").statusCode());
    assertEquals(404, http.get(narInfoPath).statusCode());
    assertEquals(404, http.head(narPath(fixture)).statusCode());
    assertEquals(201, http.put(narPath(fixture), fixture.file()).statusCode());
    assertEquals(200, http.head(narPath(fixture)).statusCode());
    assertEquals(404, http.get(narInfoPath).statusCode());
    HttpResponse<byte[]> put = putNarInfo(fixture, narInfo(fixture));
    assertEquals(201, put.statusCode());
    assertEquals(0, put.body().length);

    for (String prefix : List.of("/upload", "")) {
      NarInfo served = parsed(http.get(narInfoPath.replaceFirst("/upload", prefix)));
      assertEquals(fixture.url(), served.file().url());
      assertEquals(fixture.id(), served.nar());
      assertEquals(1, served.signatures().size());
      assertArrayEquals(fixture.file(), http.get(prefix + "/" + served.file().url()).body());
      if (compression != Compression.GZIP) { // for gzip, this is the name of the file
        String plain = prefix + "/nar/" + fixture.fileHash().nix32() + ".nar";
        assertArrayEquals(fixture.nar(), http.get(plain).body());
      }
      String byNarHash = prefix + "/nar/" + fixture.id().hash().nix32() + ".nar";
      assertArrayEquals(fixture.nar(), http.get(byNarHash).body());
    }
    assertEquals(0, http.upstream.requests().count("GET", narInfoPath.substring(7)));
  }

  @Test
  void aFileInGzipIsTakenAndGivenUnderTheNameThatNixGivesIt() throws IOException {
    NarFixture fixture = fresh(Compression.GZIP);
    String url = fixture.url().replace(".nar.gz", ".nar");

    assertEquals(201, http.put("/upload/" + url, fixture.file()).statusCode());
    assertEquals(201, putNarInfo(fixture, fixture.narInfo(url)).statusCode());

    assertArrayEquals(fixture.file(), http.get("/upload/" + url).body());
    String length = Integer.toString(fixture.file().length);
    HttpResponse<byte[]> head = http.head("/upload/" + url);
    assertEquals(length, head.headers().firstValue("content-length").orElse(""));
    NarInfo served = parsed(http.get(narInfoPath(fixture).replace("/upload", "")));
    assertEquals(
        "nar/" + fixture.id().hash().nix32() + ".nar.gz",
        served.file().url(),
        "not the name above");
    assertArrayEquals(fixture.file(), http.get("/" + served.file().url()).body());
  }

  @Test
  void aFileInGzipOfANarThatIsHereIsNeverTakenForTheNar() throws IOException {
    NarFixture plain = fresh(Compression.NONE);
    NarFixture gzip = NarFixture.of("also-" + seed, plain.nar(), Compression.GZIP);
    String url = gzip.url().replace(".nar.gz", ".nar");
    assertEquals(201, http.put(narPath(plain), plain.file()).statusCode());
    assertEquals(201, http.put("/upload/" + url, gzip.file()).statusCode());
    assertEquals(201, putNarInfo(gzip, gzip.narInfo(url)).statusCode());

    for (String prefix : List.of("/upload", "")) {
      NarInfo served = parsed(http.get(narInfoPath(gzip).replaceFirst("/upload", prefix)));
      assertEquals(Compression.NONE, served.file().compression());
      assertArrayEquals(plain.nar(), http.get(prefix + "/" + served.file().url()).body());
    }
  }

  @Test
  void readsOfUploadsHaveRangesTagsAndTruthfulHeads() throws IOException {
    NarFixture fixture = uploaded(fresh(Compression.XZ));
    for (String path : List.of(narPath(fixture), narInfoPath(fixture))) {
      HttpResponse<byte[]> got = http.get(path);
      HttpResponse<byte[]> head = http.head(path);
      assertEquals(200, head.statusCode());
      for (String name : List.of("content-length", "etag", "content-type", "cache-control")) {
        assertEquals(got.headers().allValues(name), head.headers().allValues(name));
        assertEquals(1, head.headers().allValues(name).size(), name);
      }
      String tag = got.headers().firstValue("etag").orElseThrow();
      assertEquals(304, http.get(path, "If-None-Match", tag).statusCode());
    }
    HttpResponse<byte[]> part = http.get(narPath(fixture), "Range", "bytes=10-19");
    assertEquals(206, part.statusCode());
    assertArrayEquals(Arrays.copyOfRange(fixture.file(), 10, 20), part.body());
  }

  @Test
  void uploadingAgainIsWelcomeAndChangesNothing() throws IOException {
    NarFixture fixture = uploaded(fresh(Compression.ZSTD));
    byte[] before = http.get(narInfoPath(fixture)).body();

    assertEquals(200, http.put(narPath(fixture), fixture.file()).statusCode());
    assertEquals(200, putNarInfo(fixture, narInfo(fixture)).statusCode());

    assertArrayEquals(before, http.get(narInfoPath(fixture)).body());
    assertArrayEquals(fixture.file(), http.get(narPath(fixture)).body());
  }

  @Test
  void uploadsAtOnceAllSucceed() throws Exception {
    for (int round = 0; round < 5; round++) {
      NarFixture fixture = fresh(Compression.ZSTD);
      for (int status : atOnce(8, () -> http.put(narPath(fixture), fixture.file()))) {
        assertTrue(status == 200 || status == 201, "status " + status);
      }
      for (int status : atOnce(8, () -> putNarInfo(fixture, narInfo(fixture)))) {
        assertTrue(status == 200 || status == 201, "status " + status);
      }
      assertArrayEquals(fixture.file(), http.get(narPath(fixture)).body());
      assertEquals(fixture.id(), parsed(http.get(narInfoPath(fixture))).nar());
    }
  }

  private interface Request {
    HttpResponse<byte[]> send() throws IOException;
  }

  private static List<Integer> atOnce(int count, Request request) throws Exception {
    CyclicBarrier start = new CyclicBarrier(count);
    List<CompletableFuture<Integer>> statuses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      CompletableFuture<Integer> status = new CompletableFuture<>();
      statuses.add(status);
      Thread thread =
          new Thread(
              () -> {
                try {
                  start.await(20, TimeUnit.SECONDS);
                  status.complete(request.send().statusCode());
                } catch (Exception e) {
                  status.completeExceptionally(e);
                }
              });
      thread.setDaemon(true);
      thread.start();
    }
    List<Integer> results = new ArrayList<>();
    for (CompletableFuture<Integer> status : statuses) {
      results.add(status.get(30, TimeUnit.SECONDS));
    }
    return results;
  }

  @Test
  void aNarInOtherCompressionsIsGivenBackInEach() throws IOException {
    NarTree tree = NarTree.mixed(seed++, NAR_BYTES);
    List<NarFixture> all =
        List.of(
            NarFixture.of("many", tree, Compression.XZ),
            NarFixture.of("many", tree, Compression.ZSTD),
            NarFixture.of("many", tree, Compression.NONE),
            NarFixture.of("many", tree, Compression.BR));
    for (NarFixture fixture : all) {
      int put = http.put(narPath(fixture), fixture.file()).statusCode();
      assertEquals(201, put);
      int said = putNarInfo(fixture, narInfo(fixture)).statusCode();
      assertEquals(fixture == all.get(0) ? 201 : 200, said);
    }
    for (NarFixture fixture : all) {
      assertArrayEquals(fixture.file(), http.get(narPath(fixture)).body());
      assertEquals(all.get(0).url(), parsed(http.get(narInfoPath(fixture))).file().url());
    }
  }

  @Test
  void aPathIsTakenOnlyAfterItsReferences() throws IOException {
    NarFixture dependency = fresh(Compression.XZ);
    NarFixture fixture = fresh(Compression.XZ).referring(dependency);
    NarFixture self = fresh(Compression.XZ);
    http.put(narPath(fixture), fixture.file());
    http.put(narPath(self), self.file());

    assertRefused(400, dependency.storePath().baseName(), putNarInfo(fixture, narInfo(fixture)));
    assertEquals(404, http.get(narInfoPath(fixture)).statusCode());
    uploaded(dependency);

    assertEquals(201, putNarInfo(fixture, narInfo(fixture)).statusCode());
    NarFixture withSelf = self.referring(self, dependency);
    assertEquals(201, putNarInfo(withSelf, narInfo(withSelf)).statusCode());
  }

  @ParameterizedTest
  @CsvSource({"gzip", "GZIP", "br", "zstd", "xz", "bzip2", "identity", "none"})
  void anEncodedBodyIsDecoded(String coding) throws IOException {
    Compression compression =
        coding.equals("identity")
            ? Compression.NONE
            : Compression.parse(coding.toLowerCase(Locale.ROOT));
    NarFixture fixture = fresh(Compression.XZ);
    byte[] file = NarFixture.of("coded", fixture.file(), compression).file();
    byte[] narInfo = NarFixture.of("coded", text(narInfo(fixture)), compression).file();

    assertEquals(201, http.put(narPath(fixture), file, "Content-Encoding", coding).statusCode());
    assertEquals(
        201, http.put(narInfoPath(fixture), narInfo, "Content-Encoding", coding).statusCode());

    assertArrayEquals(fixture.file(), http.get(narPath(fixture)).body());
    assertEquals(fixture.id(), parsed(http.get(narInfoPath(fixture))).nar());
  }

  @Test
  void aListingThatIsPutIsOnlyGivenWhereNothingBetterIsKnown() throws IOException {
    byte[] wrong = "{\"root\":{\"type\":\"regular\",\"size\":666},\"version\":1}".getBytes(UTF_8);
    NarFixture fixture = fresh(Compression.XZ);
    String listing = "/" + fixture.storePath().hash().text() + ".ls";
    assertEquals(201, http.put("/upload" + listing, wrong).statusCode());
    assertArrayEquals(wrong, http.get(listing).body());
    assertEquals(201, http.put(narPath(fixture), fixture.file()).statusCode());
    assertEquals(201, putNarInfo(fixture, narInfo(fixture)).statusCode());

    HttpResponse<byte[]> made = http.get(listing);
    assertEquals(200, made.statusCode());
    assertFalse(new String(made.body(), UTF_8).contains("666"));

    Sample sample = http.know(Sample.of(seed++, Compression.XZ));
    String cold = "/" + sample.hash().text() + ".ls";
    assertEquals(201, http.put("/upload" + cold, wrong).statusCode());
    assertEquals(404, http.get(cold).statusCode());
  }

  @Test
  void theFirstOfTwoDifferentNarsOfAPathStays() throws IOException {
    NarFixture first = uploaded(fresh(Compression.XZ));
    NarFixture second = fresh(Compression.XZ);
    assertEquals(201, http.put(narPath(second), second.file()).statusCode());
    String path = first.storePath().print();
    String text = narInfo(second).print().replace(second.storePath().print(), path);

    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    assertEquals(200, http.put(narInfoPath(first), body).statusCode());

    assertEquals(first.id(), parsed(http.get(narInfoPath(first))).nar());
  }

  @Test
  void nothingIsAskedUpstreamForAnUpload() throws IOException {
    Sample sample = http.know(Sample.of(seed++, Compression.XZ));

    assertEquals(404, http.get("/upload" + sample.narInfoTarget()).statusCode());
    assertEquals(404, http.head("/upload" + sample.narTarget()).statusCode());
    assertEquals(404, http.get("/upload" + sample.narTarget()).statusCode());

    assertEquals(0, http.upstream.requests().count("GET", sample.narTarget()));
    assertEquals(1, http.upstream.requests().count("GET", sample.narInfoTarget()));
  }

  @Test
  void aMissThatIsRememberedEndsWithTheUpload() throws IOException {
    NarFixture fixture = fresh(Compression.XZ);
    String plain = narInfoPath(fixture).replace("/upload", "");
    assertEquals(404, http.get(plain).statusCode());

    uploaded(fixture);

    assertEquals(200, http.get(plain).statusCode());
  }

  @Test
  void anUploadWhileTheSameNarIsDownloadedIsTaken() throws Exception {
    Sample sample = http.know(Sample.of(seed++, Compression.XZ));
    Gate gate = new Gate();
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(10_000, gate));
    CompletableFuture<HttpResponse<byte[]>> download = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                download.complete(http.get(sample.narTarget()));
              } catch (IOException e) {
                download.completeExceptionally(e);
              }
            });
    thread.start();
    gate.awaitArrivals(1, Duration.ofSeconds(20));
    byte[] file = sample.bytes(sample.fileName(), 0);

    assertEquals(201, http.put("/upload" + sample.narTarget(), file).statusCode());
    byte[] narInfo = text(sample.narInfo());
    assertEquals(200, http.put("/upload" + sample.narInfoTarget(), narInfo).statusCode());
    gate.open();

    assertArrayEquals(file, download.get(30, TimeUnit.SECONDS).body());
    assertArrayEquals(file, http.get("/upload" + sample.narTarget()).body());
  }

  @Test
  void cacheInfoIsTakenIfItIsForTheSameStore() throws IOException {
    String ours = new String(http.get("/nix-cache-info").body(), StandardCharsets.UTF_8);
    assertEquals(
        ours, new String(http.get("/upload/nix-cache-info").body(), StandardCharsets.UTF_8));

    String path = "/upload/nix-cache-info";
    assertEquals(200, http.put(path, bytes("StoreDir: /nix/store\n")).statusCode());
    assertRefused(400, "/nix/store", http.put(path, bytes("StoreDir: /gnu/store\n")));
  }
}
