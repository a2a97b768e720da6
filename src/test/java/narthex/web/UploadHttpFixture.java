package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;

/** Fixture for tests of uploads over HTTP. */
abstract class UploadHttpFixture extends SharedServer {
  static final int NAR_BYTES = 100_000;
  static final int MAX_NAR_BYTES = 1 << 20;

  int seed = 500;

  UploadHttpFixture() {
    super(
        Map.of(
            "narthex.upstream.retry-within",
            "10s",
            "narthex.upload.enabled",
            "true",
            "narthex.upload.max-nar-size",
            Integer.toString(MAX_NAR_BYTES)));
  }

  NarFixture fresh(Compression compression) {
    long number = seed++;
    return NarFixture.of("up-" + number, NarTree.mixed(number, NAR_BYTES), compression);
  }

  static String narPath(NarFixture fixture) {
    return "/upload/" + fixture.url();
  }

  static String narInfoPath(NarFixture fixture) {
    return "/upload/" + fixture.storePath().hash().text() + ".narinfo";
  }

  static byte[] text(NarInfo narInfo) {
    return narInfo.print().getBytes(StandardCharsets.UTF_8);
  }

  static NarInfo narInfo(NarFixture fixture) {
    return fixture.narInfo(fixture.url());
  }

  static NarInfo parsed(HttpResponse<byte[]> response) {
    assertEquals(200, response.statusCode());
    return NarInfo.parse(new String(response.body(), StandardCharsets.UTF_8));
  }

  HttpResponse<byte[]> putNarInfo(NarFixture fixture, NarInfo said) throws IOException {
    return http.put(narInfoPath(fixture), text(said));
  }

  NarFixture uploaded(NarFixture fixture) throws IOException {
    assertEquals(201, http.put(narPath(fixture), fixture.file()).statusCode());
    assertEquals(201, putNarInfo(fixture, narInfo(fixture)).statusCode());
    return fixture;
  }

  static void assertRefused(int status, String reason, HttpResponse<byte[]> response) {
    String line = new String(response.body(), StandardCharsets.UTF_8);
    assertEquals(status, response.statusCode(), line);
    assertEquals(1, line.lines().count(), line);
    assertTrue(line.contains(reason), line);
    assertEquals("no-store", response.headers().firstValue("cache-control").orElse(""));
    for (String leak : List.of("exception", "tomcat", "narthex.", "java", "/tmp")) {
      assertFalse(line.toLowerCase(Locale.ROOT).contains(leak), line);
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
