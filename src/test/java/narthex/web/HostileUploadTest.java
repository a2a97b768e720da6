package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import narthex.stream.Encoders;
import narthex.stream.XzHeaders;
import narthex.testing.NarTree;
import narthex.testing.RawClient;
import narthex.testing.RawClient.Answer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Uploads that nobody honest makes: all are refused with one line, and nothing of them is kept. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileUploadTest {
  private static final int MAX_NAR_BYTES = 1 << 20;
  private static final String HASH = "00000000000000000000000000000000";
  private static final String NARINFO = "/upload/" + HASH + ".narinfo";
  private static final String PATH = "/nix/store/" + HASH + "-x";

  private HttpFixture server;
  private Path blobs = Path.of("");

  @BeforeAll
  void startServer(@TempDir Path folder) throws IOException {
    blobs = folder.resolve("data").resolve("blobs");
    server =
        HttpFixture.start(
            folder,
            Map.of(
                "narthex.upload.enabled",
                "true",
                "narthex.upload.max-nar-size",
                Integer.toString(MAX_NAR_BYTES)));
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @AfterEach
  void nothingIsStored() throws IOException {
    try (Stream<Path> all = Files.walk(blobs)) {
      assertEquals(0, all.filter(file -> Files.isRegularFile(file) && !isLock(file)).count());
    }
    assertEquals(404, RawClient.ask(server.port(), "GET", NARINFO).status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "nonsense",
        "StorePath: " + PATH,
        "StorePath: " + PATH + "\r\nURL: nar/x.nar\r\n",
        "StorePath: " + PATH + "\nStorePath: " + PATH + "\n",
        "StorePath: " + PATH + "\nURL: nar/a.nar\nURL: nar/b.nar\n",
        "StorePath: " + PATH + "\nURL: nar/\u0001.nar\n",
        "StorePath: " + PATH + "\nURL: nar/\u0000.nar\n",
        "StorePath: /nix/store/" + HASH + "-..\n",
        "StorePath: /etc/passwd\n",
        "StorePath: " + PATH + "\nURL: nar/x.nar\nNarHash: sha256:x\nNarSize: -1\n",
        "StorePath: " + PATH + "\nNarSize: 99999999999999999999\n"
      })
  void aMalformedNarInfoIsA400(String text) throws IOException {
    assertRefused(400, put(NARINFO, text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void aNarInfoThatIsNoTextIsA400() throws IOException {
    assertRefused(400, put(NARINFO, new byte[] {(byte) 0xC0, (byte) 0x80, '\n'}));
  }

  @Test
  void aNarInfoWithEndlessReferencesIsA413() throws IOException {
    String references = (HASH + "-x ").repeat(10_000_000 / (HASH.length() + 3));
    byte[] text =
        ("StorePath: " + PATH + "\nReferences: " + references + "\n")
            .getBytes(StandardCharsets.UTF_8);

    assertRefused(413, put(NARINFO, text));
    assertRefused(413, putChunked(NARINFO, text));
    assertRefused(413, put(NARINFO, encoded(Compression.ZSTD, text), "Content-Encoding: zstd"));
    assertRefused(413, put(NARINFO, encoded(Compression.XZ, text), "Content-Encoding: xz"));
  }

  @Test
  void whatIsNoNarIsA400() throws IOException {
    byte[] text = "this is no archive".repeat(100).getBytes(StandardCharsets.UTF_8);
    byte[] almost = Arrays.copyOf(NarTree.file("contents").nar(), 100);
    for (byte[] body : new byte[][] {text, almost, new byte[0], new byte[10_000]}) {
      assertRefused(400, put(nar(body, ""), body));
      byte[] zstd = encoded(Compression.ZSTD, body);
      assertRefused(400, put(nar(zstd, ".zst"), zstd));
      assertRefused(400, put(nar(body, ".xz"), body));
    }
  }

  @Test
  void aNarThatExpandsWithoutEndIsRefusedAtTheBound() throws IOException {
    byte[] nar = archive(new byte[64 * MAX_NAR_BYTES]);
    for (Compression compression :
        new Compression[] {Compression.ZSTD, Compression.XZ, Compression.GZIP}) {
      byte[] file = encoded(compression, nar);
      assertTrue(file.length < MAX_NAR_BYTES, "the file itself is small: " + file.length);
      assertRefused(413, put(nar(file, compression.extension()), file));
    }
    byte[] file = encoded(Compression.ZSTD, nar);
    assertRefused(413, put(nar(nar, ""), file, "Content-Encoding: zstd"));
  }

  @Test
  void aDecoderThatWouldNeedTooMuchMemoryIsRefused() throws IOException {
    byte[] file = XzHeaders.withLargeDictionary(encoded(Compression.XZ, archive(new byte[1000])));

    assertRefused(400, put(nar(file, ".xz"), file));
  }

  @Test
  void aGiantLengthIsRefusedBeforeTheBody() throws IOException {
    try (RawClient client = RawClient.connect(server.port())) {
      client.send(
          RawClient.head(
              "PUT",
              nar(new byte[1], ""),
              "Content-Length: 9000000000000000000",
              "Expect: 100-continue"));
      assertRefused(413, client.read("PUT"));
    }
  }

  @Test
  void aBodyThatBreaksOffLeavesNothing() throws IOException {
    byte[] nar = archive(new byte[1000]);
    String half = new String(nar, 0, 500, StandardCharsets.ISO_8859_1);
    for (String request :
        new String[] {
          RawClient.head("PUT", nar(nar, ""), "Content-Length: " + nar.length) + half,
          RawClient.head("PUT", nar(nar, ""), "Transfer-Encoding: chunked")
              + "1f4\r\n"
              + half
              + "\r\n",
          RawClient.head("PUT", nar(nar, ""), "Transfer-Encoding: chunked") + "3e8\r\n" + half,
          RawClient.head("PUT", nar(nar, ""), "Transfer-Encoding: chunked") + "xyz\r\n" + half
        }) {
      try (RawClient client = RawClient.connect(server.port())) {
        client.send(request);
        client.finish();
        String answer = client.readToEnd();
        assertTrue(answer.isEmpty() || answer.startsWith("HTTP/1.1 400 "), answer);
      }
    }
  }

  /** Lies beside the folder of what is not yet stored as long as the server runs. */
  private static boolean isLock(Path file) {
    return file.toString().endsWith(".lock");
  }

  private static void assertRefused(int status, Answer answer) {
    assertEquals(status, answer.status(), answer::body);
    assertEquals(1, answer.body().lines().count(), answer::body);
    assertTrue(answer.body().length() < 600, answer::body);
    assertEquals("no-store", answer.field("Cache-Control").orElse("none"));
  }

  private Answer put(String path, byte[] body, String... fields) throws IOException {
    String[] all =
        Stream.concat(Stream.of(fields), Stream.of("Content-Length: " + body.length))
            .toArray(String[]::new);
    try (RawClient client = RawClient.connect(server.port())) {
      client.send(RawClient.head("PUT", path, all));
      client.sendAsFarAsWanted(body);
      return client.read("PUT");
    }
  }

  private Answer putChunked(String path, byte[] body) throws IOException {
    try (RawClient client = RawClient.connect(server.port())) {
      client.send(RawClient.head("PUT", path, "Transfer-Encoding: chunked"));
      client.send(Integer.toHexString(body.length) + "\r\n");
      client.sendAsFarAsWanted(body);
      client.sendAsFarAsWanted("\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      return client.read("PUT");
    }
  }

  /** The path of a file that is named as it should be. */
  private static String nar(byte[] file, String extension) {
    try {
      Sha256 hash = Sha256.of(MessageDigest.getInstance("SHA-256").digest(file));
      return "/upload/nar/" + hash.nix32() + ".nar" + extension;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] archive(byte[] contents) {
    return NarTree.file(contents).nar();
  }

  private static byte[] encoded(Compression compression, byte[] bytes) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (OutputStream out = Encoders.encode(compression, file)) {
      out.write(bytes);
    }
    return file.toByteArray();
  }
}
