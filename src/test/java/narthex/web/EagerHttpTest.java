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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarInfo;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** NARs in CDC mode eager over HTTP, served by the whole web application in a real Tomcat. */
class EagerHttpTest extends SharedServer {
  private int seed = 900;

  EagerHttpTest() {
    super(
        Map.of(
            "narthex.cdc.mode", "eager",
            "narthex.cdc.min", "1KiB",
            "narthex.cdc.avg", "4KiB",
            "narthex.cdc.max", "16KiB",
            "narthex.upload.enabled", "true"));
  }

  private Sample cold(Compression compression) throws IOException {
    return http.know(Sample.of(seed++, compression));
  }

  private static NarInfo parsed(HttpResponse<byte[]> response) {
    assertEquals(200, response.statusCode());
    return NarInfo.parse(new String(response.body(), StandardCharsets.UTF_8));
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void theNarInfoSaysNoneAndItsUrlGivesTheNar(Compression compression) throws IOException {
    Sample sample = cold(compression);
    for (int round = 0; round < 2; round++) {
      NarInfo told = parsed(http.get(sample.narInfoTarget()));
      assertEquals(new NarFile(told.file().url(), Compression.NONE, null, null), told.file());
      assertTrue(told.isSignedBy(List.of(Sample.KEY.publicKey())));

      HttpResponse<byte[]> nar = http.get("/" + told.file().url());
      assertEquals(200, nar.statusCode());
      assertArrayEquals(sample.bytes(sample.narName(), 0), nar.body());
      assertEquals(Integer.toString(sample.narBytes()), header(nar, "content-length"));
    }
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void headAndNotModifiedAgreeWithGet() throws IOException {
    Sample sample = cold(Compression.XZ);
    HttpResponse<byte[]> get = http.get(sample.narInfoTarget());
    HttpResponse<byte[]> head = http.head(sample.narInfoTarget());

    for (String name : List.of("content-length", "etag", "content-type", "cache-control")) {
      assertEquals(header(get, name), header(head, name), name);
      assertEquals(1, get.headers().allValues(name).size(), name);
    }
    assertEquals(0, head.body().length);
    String tag = header(get, "etag");
    HttpResponse<byte[]> known = http.get(sample.narInfoTarget(), "If-None-Match", tag);
    assertEquals(304, known.statusCode());
    assertEquals(tag, header(known, "etag"));
    assertEquals(404, http.get("/" + "0".repeat(32) + ".narinfo").statusCode());
    assertEquals(404, http.head("/" + "0".repeat(32) + ".narinfo").statusCode());
    assertEquals(404, http.get("/x.narinfo").statusCode());
  }

  @Test
  void aCompressedNameGivesTheTrueBytesOfTheUpstreamWhileTheNarIsMade() throws IOException {
    Sample sample = cold(Compression.XZ);
    Gate gate = new Gate();
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(40_000, gate));

    HttpResponse<InputStream> nar = http.open(path(sample.narName()));
    HttpResponse<InputStream> file = http.open(path(sample.fileName()));
    try (InputStream inNar = nar.body();
        InputStream inFile = file.body()) {
      assertArrayEquals(
          Arrays.copyOf(sample.bytes(sample.fileName(), 0), 30_000), inFile.readNBytes(30_000));
      gate.open();
      assertArrayEquals(sample.bytes(sample.fileName(), 30_000), inFile.readAllBytes());
      assertArrayEquals(sample.bytes(sample.narName(), 0), inNar.readAllBytes());
    }
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void aCompressedNameIsTheUpstreamsFileAndAMadeOneOnlyWhenThatIsGone() throws IOException {
    Sample sample = cold(Compression.XZ);
    assertArrayEquals(sample.bytes(sample.narName(), 0), http.get(path(sample.narName())).body());

    for (int round = 0; round < 2; round++) {
      assertArrayEquals(
          sample.bytes(sample.fileName(), 0), http.get(path(sample.fileName())).body());
    }
    http.upstream.remove(sample.narTarget()).remove(sample.narInfoTarget());
    HttpResponse<byte[]> gone = http.get(path(sample.fileName()));
    for (int i = 0;
        i < 100 && !header(gone, "etag").isEmpty();
        i++) { // the flight may not have ended
      assertArrayEquals(sample.bytes(sample.fileName(), 0), gone.body());
      gone = http.get(path(sample.fileName()));
    }
    assertEquals(200, gone.statusCode());
    try (InputStream in = Decoders.decode(Compression.XZ, new ByteArrayInputStream(gone.body()))) {
      assertArrayEquals(sample.bytes(sample.narName(), 0), in.readAllBytes());
    }
    assertEquals(200, http.head(path(sample.fileName())).statusCode());
    assertArrayEquals(sample.bytes(sample.narName(), 0), http.get(path(sample.narName())).body());
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void anUploadIsTakenOnceAndAdvertisedAsNone(Compression compression) throws IOException {
    long number = seed++;
    NarFixture fixture = NarFixture.of("up-" + number, NarTree.mixed(number, 100_000), compression);
    String narPath = "/upload/" + fixture.url();
    String narInfoPath = "/upload/" + fixture.storePath().hash().text() + ".narinfo";
    byte[] narInfo = fixture.narInfo(fixture.url()).print().getBytes(StandardCharsets.UTF_8);

    assertEquals(404, http.get(narInfoPath).statusCode());
    assertEquals(404, http.head(narPath).statusCode());
    assertEquals(201, http.put(narPath, fixture.file()).statusCode());
    assertEquals(200, http.head(narPath).statusCode());
    assertEquals(201, http.put(narInfoPath, narInfo).statusCode());
    assertEquals(200, http.head(narPath).statusCode());
    assertEquals(200, http.put(narPath, fixture.file()).statusCode());
    assertEquals(200, http.put(narInfoPath, narInfo).statusCode());

    for (String prefix : List.of("/upload", "")) {
      NarInfo told = parsed(http.get(narInfoPath.replaceFirst("/upload", prefix)));
      assertEquals(new NarFile(told.file().url(), Compression.NONE, null, null), told.file());
      assertArrayEquals(fixture.nar(), http.get(prefix + "/" + told.file().url()).body());
      HttpResponse<byte[]> file = http.get(prefix + "/" + fixture.url());
      assertEquals(200, file.statusCode());
      ByteArrayInputStream body = new ByteArrayInputStream(file.body());
      try (InputStream nar = Decoders.decode(compression, body)) {
        assertArrayEquals(fixture.nar(), nar.readAllBytes());
      }
    }
  }

  @Test
  void aNameThatNobodyKnowsAnyMoreIsFoundUpstream() throws IOException {
    Sample sample = Sample.of(seed++, Compression.XZ).publish(http.upstream);

    assertEquals(200, http.head(path(sample.narName())).statusCode());
    assertEquals(0, http.upstream.requests().count("GET", sample.narTarget()));
    HttpResponse<byte[]> nar = http.get(path(sample.narName()));
    assertArrayEquals(sample.bytes(sample.narName(), 0), nar.body());
    assertEquals(
        404, http.get("/upload" + path(Sample.of(1, Compression.XZ).narName())).statusCode());
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
  }
}
