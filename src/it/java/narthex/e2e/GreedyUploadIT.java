package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import narthex.nix.Compression;
import narthex.stream.Encoders;
import narthex.stream.XzHeaders;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import org.junit.jupiter.api.Test;

/** Small uploads whose decoders want more memory than a server with a heap of 512 MB has. */
class GreedyUploadIT {
  private static final int UPLOADS = 50;

  /** LZMA2's property byte for 192 MiB. */
  private static final byte DICTIONARY = 31;

  private static final long NAME_BYTES = 270_000_000;
  private static final Set<Integer> CLEAN = Set.of(201, 413, 503);
  private static final Set<Integer> REFUSED = Set.of(400, 413);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @Test
  void aServerOf512MegabytesOutlivesThem() throws Exception {
    try (NarthexServer server = NarthexServer.start(Map.of("narthex.upload.enabled", "true"))) {
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < UPLOADS; i++) {
        NarFixture fixture = uploadedNar(server, i);
        byte[] body = XzHeaders.withDictionary(xz(text(fixture)), DICTIONARY);
        HttpRequest put = narInfo(server, fixture, "xz", BodyPublishers.ofByteArray(body));
        answers.add(http.sendAsync(put, BodyHandlers.ofString()));
      }
      for (CompletableFuture<HttpResponse<String>> answer : answers) {
        int status = answer.get().statusCode();
        assertTrue(CLEAN.contains(status), "status " + status);
      }
      NarFixture last = uploadedNar(server, UPLOADS);
      BodyPublisher longName = BodyPublishers.ofInputStream(GreedyUploadIT::gzipWithALongName);
      int refused = status(narInfo(server, last, "gzip", longName));
      assertTrue(REFUSED.contains(refused), "status " + refused);

      BodyPublisher plain = BodyPublishers.ofByteArray(text(last));
      assertEquals(201, status(narInfo(server, last, "identity", plain)));
      assertFalse(server.log().contains("OutOfMemoryError"), server.log());
    }
  }

  private NarFixture uploadedNar(NarthexServer server, int number) throws Exception {
    NarFixture fixture =
        NarFixture.of("greedy-" + number, NarTree.file("greedy " + number).nar(), Compression.NONE);
    HttpRequest put =
        HttpRequest.newBuilder(URI.create(server.url() + "/upload/" + fixture.url()))
            .PUT(BodyPublishers.ofByteArray(fixture.file()))
            .build();
    assertEquals(201, status(put));
    return fixture;
  }

  private int status(HttpRequest request) throws Exception {
    return http.send(request, BodyHandlers.ofString()).statusCode();
  }

  private static HttpRequest narInfo(
      NarthexServer server, NarFixture fixture, String encoding, BodyPublisher body) {
    String path = "/upload/" + fixture.storePath().hash().text() + ".narinfo";
    return HttpRequest.newBuilder(URI.create(server.url() + path))
        .header("Content-Encoding", encoding)
        .PUT(body)
        .build();
  }

  private static byte[] text(NarFixture fixture) {
    return fixture.narInfo(fixture.url()).print().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] xz(byte[] text) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (OutputStream out = Encoders.encode(Compression.XZ, file)) {
      out.write(text);
    }
    return file.toByteArray();
  }

  /** A gzip header with the flag FNAME, and a name that does not end. Source: RFC 1952, 2.3. */
  private static InputStream gzipWithALongName() {
    byte[] head = {0x1f, (byte) 0x8b, 8, 8, 0, 0, 0, 0, 0, 3};
    return new SequenceInputStream(new ByteArrayInputStream(head), new Letters(NAME_BYTES));
  }

  /** So many letters. */
  private static final class Letters extends InputStream {
    private long left;

    Letters(long count) {
      this.left = count;
    }

    @Override
    public int read() {
      return left-- > 0 ? 'a' : -1;
    }
  }
}
