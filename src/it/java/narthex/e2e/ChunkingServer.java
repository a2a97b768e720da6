package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarInfo;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Sample;

/** An upstream, a server that chunks in packs of 1 MiB, and plain HTTP. */
final class ChunkingServer implements AutoCloseable {
  static final int PACK_BYTES = 1 << 20;

  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final Scene scene;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private ChunkingServer(Map<String, String> more) {
    Map<String, String> settings = new TreeMap<>(more);
    settings.put("narthex.upstream.allow-unsigned", "true");
    settings.put("narthex.blob.part-size", Integer.toString(PACK_BYTES));
    scene = Scene.withUploads(upstream, settings);
  }

  /** A server in eager mode that looks for garbage every second. */
  static ChunkingServer start() {
    return start(Map.of("narthex.cdc.mode", "eager", "narthex.cdc.delete-delay", "1s"));
  }

  static ChunkingServer start(Map<String, String> settings) {
    return new ChunkingServer(settings);
  }

  FaultyUpstream upstream() {
    return upstream;
  }

  NarthexServer server() {
    return scene.server();
  }

  PackFiles packs() {
    return new PackFiles(server().data());
  }

  /** Opens a response whose body is streamed. */
  HttpResponse<InputStream> open(String target, String... headers) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(scene.server().url() + target));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return http.send(request.build(), BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** Sends a PUT and returns the status. */
  int put(String target, byte[] body) throws IOException {
    return send(target, "PUT", HttpRequest.BodyPublishers.ofByteArray(body));
  }

  /** Sends a DELETE and returns the status. */
  int delete(String target) throws IOException {
    return send(target, "DELETE", HttpRequest.BodyPublishers.noBody());
  }

  private int send(String target, String method, HttpRequest.BodyPublisher body)
      throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(scene.server().url() + target))
            .method(method, body)
            .build();
    try {
      return http.send(request, BodyHandlers.discarding()).statusCode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** The NAR file as the narinfo advertises it. */
  NarFile told(Sample sample) {
    HttpResponse<String> answer = scene.server().fetch(sample.narInfoTarget());
    assertEquals(200, answer.statusCode());
    return NarInfo.parse(answer.body()).file();
  }

  /** The path of the NAR in the narinfo, which must be uncompressed. */
  String narTarget(Sample sample) {
    NarFile told = told(sample);
    assertEquals(Compression.NONE, told.compression());
    return "/" + told.url();
  }

  /** GET returns exactly these bytes, with their Content-Length. */
  void assertServed(byte[] right, String target) {
    try {
      HttpResponse<InputStream> answer = open(target);
      try (InputStream body = answer.body()) {
        assertEquals(200, answer.statusCode());
        assertEquals(right.length, answer.headers().firstValueAsLong("Content-Length").orElse(-1));
        assertArrayEquals(right, body.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(server().log(), e);
    }
  }

  static byte[] bytes(NarInfo narInfo) {
    return narInfo.print().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    scene.close();
  }
}
