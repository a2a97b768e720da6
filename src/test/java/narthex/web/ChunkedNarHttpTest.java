package narthex.web;

import static narthex.web.HttpFixture.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.stream.Decoders;
import narthex.testing.NarTree;
import narthex.testing.Soon;
import narthex.testing.StoredChunks;
import narthex.testing.StoredChunks.Shape;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.tukaani.xz.XZInputStream;

/** Chunked NARs over HTTP, served by the whole web application in a real Tomcat. */
class ChunkedNarHttpTest extends SharedServer {
  private int seed = 700;

  private StoredChunks chunked(Sample sample) throws IOException {
    http.know(sample);
    String url = "jdbc:sqlite:" + data.resolve("narthex.db");
    try (Database database = Database.open(new DatabaseAddress(url, null, null, null));
        BlobStore blobs = DirectoryBlobStore.open(data.resolve("blobs"))) {
      return StoredChunks.store(database, blobs, Shape.usual(), sample.bytes(sample.narName(), 0));
    }
  }

  private Sample sample() {
    return Sample.of(seed++, Compression.XZ);
  }

  private static NarFileName zstdName(Sample sample) {
    return new NarFileName(sample.fileName().stem(), Compression.ZSTD);
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private static byte[] decode(byte[] zstd) throws IOException {
    try (InputStream in = Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(zstd))) {
      return in.readAllBytes();
    }
  }

  @Test
  void theNarAndItsRangesAreSent() throws IOException {
    Sample sample = sample();
    chunked(sample);
    byte[] nar = sample.bytes(sample.narName(), 0);

    HttpResponse<byte[]> whole = http.get(path(sample.narName()));
    assertEquals(200, whole.statusCode());
    assertArrayEquals(nar, whole.body());
    assertEquals(Integer.toString(nar.length), header(whole, "content-length"));
    assertEquals("\"" + sample.id().hash().nix32() + "\"", header(whole, "etag"));
    assertEquals("bytes", header(whole, "accept-ranges"));
    for (int[] range : new int[][] {{0, 0}, {7, 60_000}, {nar.length - 1, nar.length - 1}}) {
      HttpResponse<byte[]> part =
          http.get(path(sample.narName()), "Range", "bytes=" + range[0] + "-" + range[1]);
      assertEquals(206, part.statusCode());
      assertArrayEquals(Arrays.copyOfRange(nar, range[0], range[1] + 1), part.body());
    }
    assertEquals(0, http.upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void contentCodingZstdIsTheFrames() throws IOException {
    Sample sample = sample();
    StoredChunks chunks = chunked(sample);

    HttpResponse<byte[]> coded = http.get(path(sample.narName()), "Accept-Encoding", "zstd");

    assertEquals("zstd", header(coded, "content-encoding"));
    assertEquals(Long.toString(chunks.framesLength()), header(coded, "content-length"));
    assertArrayEquals(sample.bytes(sample.narName(), 0), decode(coded.body()));
    assertNotEquals(header(http.get(path(sample.narName())), "etag"), header(coded, "etag"));
    assertEquals("W/\"" + sample.id().hash().nix32() + "-zstd\"", header(coded, "etag"));
  }

  @Test
  void theZstdFileOfAChunkedNarIsItsFrames() throws IOException {
    Sample sample = sample();
    StoredChunks chunks = chunked(sample);
    String path = path(zstdName(sample));

    HttpResponse<byte[]> file = http.get(path);

    assertEquals(200, file.statusCode());
    assertEquals("", header(file, "content-encoding"));
    assertEquals(Long.toString(chunks.framesLength()), header(file, "content-length"));
    assertEquals(header(file, "content-length"), header(http.head(path), "content-length"));
    assertArrayEquals(sample.bytes(sample.narName(), 0), decode(file.body()));
  }

  @Test
  void framesUnderANameThatMayMeanAnotherFileCannotBeResumed() throws IOException {
    Sample sample = sample();
    chunked(sample);
    String path = path(zstdName(sample));

    for (HttpResponse<byte[]> answer :
        List.of(http.get(path), http.head(path), http.get(path, "Range", "bytes=5000-"))) {
      assertEquals(200, answer.statusCode());
      assertEquals("", header(answer, "accept-ranges"));
      assertEquals("", header(answer, "etag"));
      assertEquals("no-store", header(answer, "cache-control"));
    }
  }

  @Test
  void aCompressedNameOfAChunkedNarIsAValidFileThatCannotBeResumed() throws IOException {
    Sample sample = sample();
    chunked(sample);
    String path = path(sample.fileName());
    HttpResponse<byte[]> trueFile = http.get(path);
    assertArrayEquals(sample.bytes(sample.fileName(), 0), trueFile.body());
    assertEquals("bytes", header(trueFile, "accept-ranges"));
    http.upstream.remove(sample.narTarget()).remove(sample.narInfoTarget());

    HttpResponse<byte[]> made =
        Soon.await("end of the flight")
            .until(
                () -> http.get(path, "Range", "bytes=5000-"), answer -> answer.statusCode() != 206);

    assertEquals(200, made.statusCode());
    assertEquals("", header(made, "accept-ranges"));
    assertEquals("", header(made, "etag"));
    try (InputStream in = new XZInputStream(new ByteArrayInputStream(made.body()))) {
      assertArrayEquals(sample.bytes(sample.narName(), 0), in.readAllBytes());
    }
    HttpResponse<byte[]> head = http.head(path);
    assertEquals(200, head.statusCode());
    assertEquals("", header(head, "accept-ranges"));
  }

  @Test
  void aLostPackBreaksTheTransferAndTheNextOneIsRight() throws IOException {
    for (boolean start : new boolean[] {true, false}) {
      Sample sample = sample();
      StoredChunks chunks = chunked(sample);
      byte[] nar = sample.bytes(sample.narName(), 0);
      String pack = chunks.placeOf(start ? 0 : nar.length - 1).pack();
      isDamaged = true;
      Files.delete(data.resolve("blobs").resolve("blobs").resolve(pack));

      if (!start) {
        assertThrows(IOException.class, () -> http.get(path(sample.narName())));
      }
      assertArrayEquals(nar, http.get(path(sample.narName())).body());
      assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
    }
  }

  @Test
  void aFileInAChunkedNarIsSent() throws IOException {
    byte[] contents = "some text, over and over. ".repeat(9000).getBytes(StandardCharsets.UTF_8);
    Sample sample =
        Sample.of(
            "chunked-file",
            NarTree.directory(Map.of("text", NarTree.file(contents))).nar(),
            Compression.XZ);
    chunked(sample);

    assertArrayEquals(contents, http.get("/serve/" + sample.hash().text() + "/text").body());
    assertEquals(200, http.get("/" + sample.hash().text() + ".ls").statusCode());
    assertEquals(0, http.upstream.requests().count("GET", sample.narTarget()));
  }
}
