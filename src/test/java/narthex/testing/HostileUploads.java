package narthex.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import narthex.stream.Encoders;
import narthex.testing.RawClient.Answer;

/**
 * Uploads that no honest client makes. Every server must refuse them in one line, and store
 * nothing.
 *
 * @param port the port of the server, which accepts uploads
 * @param context the context path of the application; empty at the root
 * @param maxNarBytes the server's limit of a NAR
 */
public record HostileUploads(int port, String context, int maxNarBytes) {
  /** Offset after magic and descriptor of a frame that was written as a stream. */
  private static final int ZSTD_WINDOW_AT = 5;

  private static final byte ZSTD_WINDOW_OF_4_GIB = (byte) (22 << 3);

  private static final String HASH = "0".repeat(32);
  private static final String PATH = "/nix/store/" + HASH + "-x";

  /** Invalid narinfos. */
  private static final List<String> MALFORMED =
      List.of(
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
          "StorePath: " + PATH + "\nNarSize: 99999999999999999999\n");

  /** Runs all assertions below. */
  public void assertAllAreRefused() throws IOException {
    assertMalformedNarInfosAreRefused();
    assertNarInfosThatAreNoTextAreRefused();
    assertEndlessReferencesAreRefused();
    assertWhatIsNoNarIsRefused();
    assertBombsAreRefused();
    assertGreedyDecodersAreRefused();
    assertGiantLengthsAreRefused();
    assertNothingIsHere();
  }

  /** Invalid narinfos are refused. */
  public void assertMalformedNarInfosAreRefused() throws IOException {
    for (String text : MALFORMED) {
      assertRefused(400, put(narInfo(), text.getBytes(StandardCharsets.UTF_8)));
    }
  }

  /** Narinfos that aren't UTF-8 are refused. */
  public void assertNarInfosThatAreNoTextAreRefused() throws IOException {
    assertRefused(400, put(narInfo(), new byte[] {(byte) 0xC0, (byte) 0x80, '\n'}));
  }

  /** Ten megabytes of references, plain, chunked and compressed, are refused. */
  public void assertEndlessReferencesAreRefused() throws IOException {
    String references = (HASH + "-x ").repeat(10_000_000 / (HASH.length() + 3));
    byte[] text =
        ("StorePath: " + PATH + "\nReferences: " + references + "\n")
            .getBytes(StandardCharsets.UTF_8);

    assertRefused(413, put(narInfo(), text));
    assertRefused(413, putChunked(narInfo(), text));
    assertRefused(413, put(narInfo(), encoded(Compression.ZSTD, text), "Content-Encoding: zstd"));
    assertRefused(413, put(narInfo(), encoded(Compression.XZ, text), "Content-Encoding: xz"));
  }

  /** Files with a valid name but other contents than a NAR are refused. */
  public void assertWhatIsNoNarIsRefused() throws IOException {
    byte[] text = "this is no archive".repeat(100).getBytes(StandardCharsets.UTF_8);
    byte[] almost = Arrays.copyOf(NarTree.file("contents").nar(), 100);
    for (byte[] body : new byte[][] {text, almost, new byte[0], new byte[10_000]}) {
      assertRefused(400, put(nar(body, ""), body));
      byte[] zstd = encoded(Compression.ZSTD, body);
      assertRefused(400, put(nar(zstd, ".zst"), zstd));
      assertRefused(400, put(nar(body, ".xz"), body));
    }
  }

  /** Small files that decode to more than a NAR's limit are refused. */
  public void assertBombsAreRefused() throws IOException {
    byte[] nar = archive(new byte[maxNarBytes + maxNarBytes / 4]);
    for (Compression compression :
        new Compression[] {Compression.ZSTD, Compression.XZ, Compression.GZIP}) {
      byte[] file = encoded(compression, nar);
      assertTrue(file.length < maxNarBytes, "the file itself is small: " + file.length);
      assertRefused(413, put(nar(file, compression.extension()), file));
    }
    byte[] file = encoded(Compression.ZSTD, nar);
    assertRefused(413, put(nar(nar, ""), file, "Content-Encoding: zstd"));
  }

  /** A file that needs a huge dictionary is refused. */
  public void assertGreedyDecodersAreRefused() throws IOException {
    byte[] file = encoded(Compression.ZSTD, archive(new byte[1000]));
    file[ZSTD_WINDOW_AT] = ZSTD_WINDOW_OF_4_GIB;

    assertRefused(400, put(nar(file, ".zst"), file));
  }

  /**
   * Lengths of terabytes and exabytes are refused before the body is sent: with 413, or with 400 by
   * a server with a lower limit.
   */
  public void assertGiantLengthsAreRefused() throws IOException {
    for (String length : List.of("9000000000000", "9000000000000000000")) {
      Answer answer = announce(length);
      assertTrue(answer.status() == 413 || answer.status() == 400, answer::toString);
      HostileRequests.assertTellsNothing(answer);
    }
  }

  /**
   * Sends headers with this length and Expect: 100-continue. A server may send the 100 before it
   * asks the application.
   */
  private Answer announce(String length) throws IOException {
    try (RawClient client = RawClient.connect(port)) {
      client.send(
          RawClient.head(
              "PUT", nar(new byte[1], ""), "Content-Length: " + length, "Expect: 100-continue"));
      Answer answer = client.read("PUT");
      return answer.status() == 100 ? client.read("PUT") : answer;
    }
  }

  /** No narinfo is stored under the path of the uploads. */
  public void assertNothingIsHere() throws IOException {
    assertEquals(404, RawClient.ask(port, "GET", narInfo()).status());
  }

  private String narInfo() {
    return context + "/upload/" + HASH + ".narinfo";
  }

  private static void assertRefused(int status, Answer answer) {
    assertEquals(status, answer.status(), answer::body);
    assertEquals(1, answer.body().lines().count(), answer::body);
    assertTrue(answer.body().length() < 600, answer::body);
    HostileRequests.assertTellsNothing(answer);
  }

  private Answer put(String path, byte[] body, String... fields) throws IOException {
    String[] all =
        Stream.concat(Stream.of(fields), Stream.of("Content-Length: " + body.length))
            .toArray(String[]::new);
    try (RawClient client = RawClient.connect(port)) {
      client.send(RawClient.head("PUT", path, all));
      client.sendAsFarAsWanted(body);
      return client.read("PUT");
    }
  }

  private Answer putChunked(String path, byte[] body) throws IOException {
    try (RawClient client = RawClient.connect(port)) {
      client.send(RawClient.head("PUT", path, "Transfer-Encoding: chunked"));
      client.send(Integer.toHexString(body.length) + "\r\n");
      client.sendAsFarAsWanted(body);
      client.sendAsFarAsWanted("\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      return client.read("PUT");
    }
  }

  /** The path, within the application, of a file with a valid name. */
  public static String narPath(byte[] file, String extension) {
    try {
      Sha256 hash = Sha256.of(MessageDigest.getInstance("SHA-256").digest(file));
      return "/upload/nar/" + hash.nix32() + ".nar" + extension;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private String nar(byte[] file, String extension) {
    return context + narPath(file, extension);
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
