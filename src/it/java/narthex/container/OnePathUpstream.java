package narthex.container;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import narthex.stream.Encoders;
import narthex.testing.NarTree;

/**
 * A binary cache with two store paths, at the port that is configured in the servers under test:
 * one is zstd-compressed and unsigned; the other is Brotli-compressed, and only the first half of
 * its NAR comes.
 */
final class OnePathUpstream implements AutoCloseable {

  static final String HASH = "1".repeat(32);
  static final String SLOW_HASH = "2".repeat(32);

  private static final int NAR_BYTES = 3_000_000;
  private static final int PATIENCE_SECONDS = 60;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final byte[] nar = random(1);
  private final byte[] slowNar = random(2);
  private final Semaphore halves = new Semaphore(0);
  private final CountDownLatch closed = new CountDownLatch(1);

  private OnePathUpstream(HttpServer server) {
    this.server = server;
    server.setExecutor(threads);
  }

  private static byte[] random(int seed) {
    return NarTree.random(seed, NAR_BYTES).nar();
  }

  static OnePathUpstream start() throws IOException {
    InetSocketAddress address =
        new InetSocketAddress("127.0.0.1", Integer.getInteger("it.upstream.port"));
    OnePathUpstream upstream = new OnePathUpstream(HttpServer.create(address, 0));
    byte[] file = compressed(upstream.nar, Compression.ZSTD);
    byte[] slow = compressed(upstream.slowNar, Compression.BR);
    upstream.answer("/nix-cache-info", "StoreDir: /nix/store\n".getBytes(StandardCharsets.UTF_8));
    upstream.answer(
        "/" + HASH + ".narinfo",
        narInfo(HASH, upstream.nar, file, Compression.ZSTD).getBytes(StandardCharsets.UTF_8));
    upstream.answer(
        "/" + SLOW_HASH + ".narinfo",
        narInfo(SLOW_HASH, upstream.slowNar, slow, Compression.BR)
            .getBytes(StandardCharsets.UTF_8));
    upstream.answer("/nar/" + sha256(file).nix32() + ".nar.zst", file);
    upstream.server.createContext(
        "/nar/" + sha256(slow).nix32() + ".nar.br", exchange -> upstream.sendHalf(exchange, slow));
    upstream.server.start();
    return upstream;
  }

  /** The uncompressed NAR. */
  byte[] nar() {
    return nar.clone();
  }

  /** The path of the uncompressed NAR at the server under test. */
  String narPath() throws IOException {
    return "/nar/" + sha256(compressed(nar, Compression.ZSTD)).nix32() + ".nar";
  }

  /** The path of the NAR of which only half comes, at the server under test. */
  String slowNarPath() throws IOException {
    return "/nar/" + sha256(compressed(slowNar, Compression.BR)).nix32() + ".nar";
  }

  /** Waits until that half was sent once more. */
  void awaitHalf() throws InterruptedException {
    if (!halves.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("nobody has asked for the slow NAR");
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(String path, byte[] body) {
    server.createContext(path, exchange -> send(exchange, body));
  }

  private static void send(HttpExchange exchange, byte[] body) throws IOException {
    try (exchange) {
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(200, head ? -1 : body.length);
      if (!head) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  private void sendHalf(HttpExchange exchange, byte[] body) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      send(exchange, body);
      return;
    }
    try (exchange) {
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body, 0, body.length / 2);
      exchange.getResponseBody().flush();
      halves.release();
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static byte[] compressed(byte[] nar, Compression compression) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (OutputStream out =
        compression == Compression.BR
            ? Encoders.wrap(compression, file)
            : Encoders.encode(compression, file)) {
      out.write(nar);
    }
    return file.toByteArray();
  }

  private static String narInfo(String hash, byte[] nar, byte[] file, Compression compression) {
    return String.join(
        "\n",
        "StorePath: /nix/store/" + hash + "-leak",
        "URL: nar/" + sha256(file).nix32() + ".nar" + compression.extension(),
        "Compression: " + compression.nixName(),
        "FileHash: " + sha256(file),
        "FileSize: " + file.length,
        "NarHash: " + sha256(nar),
        "NarSize: " + nar.length,
        "References: ",
        "");
  }

  private static Sha256 sha256(byte[] bytes) {
    try {
      return Sha256.of(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
