package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import narthex.testing.FileTrees;
import narthex.testing.HostileUploads;
import narthex.testing.NarTree;
import narthex.testing.RawClient;
import narthex.testing.Soon;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hostile uploads: each is rejected with one line, and nothing of it is kept. */
class HostileUploadTest extends SharedServer {
  private static final int MAX_NAR_BYTES = 1 << 20;
  private static final String OWNER = "/owner/";

  HostileUploadTest() {
    super(
        Map.of(
            "narthex.upload.enabled",
            "true",
            "narthex.upload.max-nar-size",
            Integer.toString(MAX_NAR_BYTES)));
  }

  /** Waits until the server, which does so in the background, has written the owner's marker. */
  @BeforeEach
  void awaitOwner() {
    Soon.await("owner")
        .until(() -> blobs().stream().anyMatch(file -> file.toString().contains(OWNER)));
  }

  @AfterEach
  void nothingIsStored() throws IOException {
    assertEquals(List.of(), blobs().stream().filter(file -> !isOurs(file)).toList());
    uploads().assertNothingIsHere();
  }

  @Test
  void aMalformedNarInfoIsA400() throws IOException {
    uploads().assertMalformedNarInfosAreRefused();
  }

  @Test
  void aNarInfoThatIsNoTextIsA400() throws IOException {
    uploads().assertNarInfosThatAreNoTextAreRefused();
  }

  @Test
  void aNarInfoWithEndlessReferencesIsA413() throws IOException {
    uploads().assertEndlessReferencesAreRefused();
  }

  @Test
  void whatIsNoNarIsA400() throws IOException {
    uploads().assertWhatIsNoNarIsRefused();
  }

  @Test
  void aNarThatExpandsWithoutEndIsRefusedAtTheBound() throws IOException {
    uploads().assertBombsAreRefused();
  }

  @Test
  void aDecoderThatWouldNeedTooMuchMemoryIsRefused() throws IOException {
    uploads().assertGreedyDecodersAreRefused();
  }

  @Test
  void aGiantLengthIsRefusedBeforeTheBody() throws IOException {
    uploads().assertGiantLengthsAreRefused();
  }

  @Test
  void aBodyThatBreaksOffLeavesNothing() throws IOException {
    byte[] nar = NarTree.file(new byte[1000]).nar();
    String path = HostileUploads.narPath(nar, "");
    String half = new String(nar, 0, 500, StandardCharsets.ISO_8859_1);
    for (String request :
        new String[] {
          RawClient.head("PUT", path, "Content-Length: " + nar.length) + half,
          RawClient.head("PUT", path, "Transfer-Encoding: chunked") + "1f4\r\n" + half + "\r\n",
          RawClient.head("PUT", path, "Transfer-Encoding: chunked") + "3e8\r\n" + half,
          RawClient.head("PUT", path, "Transfer-Encoding: chunked") + "xyz\r\n" + half
        }) {
      try (RawClient client = RawClient.connect(http.port())) {
        client.send(request);
        client.finish();
        String answer = client.readToEnd();
        assertTrue(answer.isEmpty() || answer.startsWith("HTTP/1.1 400 "), answer);
      }
    }
  }

  private List<Path> blobs() throws IOException {
    return FileTrees.files(data.resolve("blobs"));
  }

  /**
   * Returns whether it is the lock of the staging area or the owner's marker, which belong to the
   * server.
   */
  private static boolean isOurs(Path file) {
    return file.toString().endsWith(".lock") || file.toString().contains(OWNER);
  }

  private HostileUploads uploads() {
    return new HostileUploads(http.port(), "", MAX_NAR_BYTES);
  }
}
