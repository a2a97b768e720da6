package narthex.web;

import static narthex.web.HttpFixture.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.nix.Sha256;
import narthex.stream.Decoders;
import narthex.stream.DigestingInputStream;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunking in the background over HTTP, and changes of mode on one data directory. */
class LazyHttpTest {
  @TempDir Path folder;

  private HttpFixture start(String mode, String... more) throws IOException {
    Map<String, String> settings = new HashMap<>();
    settings.put("narthex.cdc.mode", mode);
    settings.put("narthex.upload.enabled", "true");
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return HttpFixture.start(folder, settings);
  }

  private static NarFile told(HttpFixture http, String target) throws IOException {
    HttpResponse<byte[]> response = http.get(target);
    assertEquals(200, response.statusCode());
    return NarInfo.parse(new String(response.body(), StandardCharsets.UTF_8)).file();
  }

  /** Requests the narinfo until its file meets the condition, which depends on background work. */
  private static NarFile await(HttpFixture http, String target, Predicate<NarFile> wanted) {
    return Soon.await(target).until(() -> told(http, target), wanted);
  }

  private static boolean isNone(NarFile file) {
    return file.compression() == Compression.NONE && file.hash() == null;
  }

  private static void assertGives(HttpFixture http, String target, byte[] expected)
      throws IOException {
    HttpResponse<byte[]> response = http.get(target);
    assertEquals(200, response.statusCode(), target);
    assertArrayEquals(expected, response.body(), target);
    assertEquals(
        Integer.toString(expected.length),
        response.headers().firstValue("content-length").orElse("none"));
  }

  /** Decodes a file by the compression in its name, like a client. */
  private static byte[] decoded(String name, byte[] file) throws IOException {
    Compression compression = NarFileName.parse(name.substring("/nar/".length())).compression();
    try (InputStream nar = Decoders.decode(compression, new ByteArrayInputStream(file))) {
      return nar.readAllBytes();
    }
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  @Test
  void aNarIsServedAsItCameUntilItIsChunkedAndThenAsNone() throws IOException {
    try (HttpFixture http = start("lazy")) {
      Sample sample = http.know(Sample.of(301, Compression.XZ));
      assertEquals(sample.narInfo().file(), told(http, sample.narInfoTarget()));
      byte[] nar = sample.bytes(sample.narName(), 0);
      byte[] file = sample.bytes(sample.fileName(), 0);
      assertArrayEquals(file, http.get(path(sample.fileName())).body());

      NarFile none = await(http, sample.narInfoTarget(), LazyHttpTest::isNone);

      assertEquals("nar/" + sample.narName().print(), none.url());
      assertGives(http, "/" + none.url(), nar);
      assertGives(http, path(sample.fileName()), file);
      assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
    }
  }

  @Test
  void theFileGoesAndItsNameIsPassedThrough() throws IOException {
    try (HttpFixture http = start("lazy", "narthex.cdc.delete-delay", "0s")) {
      Sample sample = http.know(Sample.of(302, Compression.XZ));
      byte[] file = sample.bytes(sample.fileName(), 0);
      assertArrayEquals(file, http.get(path(sample.fileName())).body());
      await(http, sample.narInfoTarget(), LazyHttpTest::isNone);

      Soon.await("deletion of the file")
          .until(
              () -> {
                assertArrayEquals(file, http.get(path(sample.fileName())).body());
                return http.upstream.requests().count("GET", sample.narTarget()) >= 2;
              });
      assertGives(http, path(sample.narName()), sample.bytes(sample.narName(), 0));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lazy", "eager"})
  void zstdIsAdvertisedWithItsTrueLengthAndHash(String mode) throws IOException {
    try (HttpFixture http = start(mode, "narthex.cdc.advertise", "zstd")) {
      Sample sample = http.know(Sample.of(303, Compression.XZ));
      NarFile first = told(http, sample.narInfoTarget());
      assertEquals(mode.equals("eager") ? Compression.NONE : Compression.XZ, first.compression());
      assertArrayEquals(sample.bytes(sample.narName(), 0), http.get(path(sample.narName())).body());

      NarFile told =
          await(http, sample.narInfoTarget(), file -> file.compression() == Compression.ZSTD);

      HttpResponse<byte[]> file = http.get("/" + told.url());
      assertTrue(told.url().endsWith(".nar.zst"));
      assertEquals(String.valueOf(told.sizeBytes()), header(file, "content-length"));
      Sha256 hash;
      try (DigestingInputStream in =
          new DigestingInputStream(new ByteArrayInputStream(file.body()))) {
        in.readAllBytes();
        hash = in.digest();
      }
      assertEquals(hash, told.hash());
      assertEquals('"' + hash.nix32() + '"', header(file, "etag"));
      try (InputStream nar =
          Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(file.body()))) {
        assertArrayEquals(sample.bytes(sample.narName(), 0), nar.readAllBytes());
      }
      HttpResponse<byte[]> rest =
          http.get("/" + told.url(), "Range", "bytes=1000-", "If-Range", header(file, "etag"));
      assertEquals(206, rest.statusCode());
      assertArrayEquals(Arrays.copyOfRange(file.body(), 1000, file.body().length), rest.body());
      HttpResponse<byte[]> head = http.head("/" + told.url());
      assertEquals(header(file, "content-length"), header(head, "content-length"));
      assertEquals(header(file, "etag"), header(head, "etag"));
      HttpResponse<byte[]> narInfo = http.get(sample.narInfoTarget());
      HttpResponse<byte[]> known =
          http.get(sample.narInfoTarget(), "If-None-Match", header(narInfo, "etag"));
      assertEquals(304, known.statusCode());
    }
  }

  @Test
  void anUploadIsChunkedInTheBackgroundAndNeverPutAgain() throws IOException {
    NarFixture fixture = NarFixture.of("lazy-up", NarTree.mixed(304, 100_000), Compression.XZ);
    String narPath = "/upload/" + fixture.url();
    String narInfoPath = "/upload/" + fixture.storePath().hash().text() + ".narinfo";
    byte[] narInfo = fixture.narInfo(fixture.url()).print().getBytes(StandardCharsets.UTF_8);
    try (HttpFixture http = start("lazy", "narthex.cdc.delete-delay", "0s")) {
      assertEquals(201, http.put(narPath, fixture.file()).statusCode());
      assertEquals(200, http.head(narPath).statusCode());
      assertEquals(201, http.put(narInfoPath, narInfo).statusCode());

      NarFile none = await(http, narInfoPath, LazyHttpTest::isNone);

      assertEquals(200, http.head(narPath).statusCode());
      assertGives(http, "/" + none.url(), fixture.nar());
      assertGives(http, "/upload/" + none.url(), fixture.nar());
    }
  }

  @Test
  void whatABeginningServerFindsIsChunked() throws IOException {
    Sample sample = Sample.of(305, Compression.XZ);
    try (HttpFixture http = start("off")) {
      http.know(sample);
      assertArrayEquals(
          sample.bytes(sample.fileName(), 0), http.get(path(sample.fileName())).body());
      assertEquals(sample.narInfo().file(), told(http, sample.narInfoTarget()));
      http.awaitStored(path(sample.fileName()));
    }
    try (HttpFixture http = start("lazy")) {
      http.upstream.goDown();
      await(http, sample.narInfoTarget(), LazyHttpTest::isNone);
      assertGives(http, path(sample.narName()), sample.bytes(sample.narName(), 0));
      assertGives(http, path(sample.fileName()), sample.bytes(sample.fileName(), 0));
    }
  }

  @Test
  void everyUrlThatWasToldWorksInEveryModeThatFollows() throws IOException {
    List<Sample> samples =
        List.of(
            Sample.of(311, Compression.XZ),
            Sample.of(312, Compression.ZSTD),
            Sample.of(313, Compression.NONE),
            Sample.of(314, Compression.XZ));
    Map<String, Sample> told = new HashMap<>();
    int fetched = 0;
    for (String mode : List.of("off", "lazy", "eager", "off", "eager", "lazy")) {
      try (HttpFixture http = start(mode, "narthex.cdc.delete-delay", "0s")) {
        samples.forEach(sample -> sample.publish(http.upstream));
        fetched =
            Math.min(fetched + 2, samples.size()); // some samples only from the second mode on
        for (Sample sample : samples.subList(0, fetched)) {
          http.know(sample);
          told.put("/" + told(http, sample.narInfoTarget()).url(), sample);
        }
        for (Map.Entry<String, Sample> url : told.entrySet()) {
          Sample sample = url.getValue();
          HttpResponse<byte[]> nar = http.get(url.getKey());
          assertEquals(200, nar.statusCode(), mode + url);
          assertArrayEquals(
              sample.bytes(sample.narName(), 0), decoded(url.getKey(), nar.body()), mode + url);
        }
        if (!mode.equals("off")) {
          for (Sample sample : samples.subList(0, fetched)) {
            await(http, sample.narInfoTarget(), LazyHttpTest::isNone);
          }
        }
      }
    }
  }
}
