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
import java.util.Random;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import narthex.stream.Encoders;

/**
 * A binary cache with one store path, zstd-compressed and unsigned, at the port that the servers
 * under test ask.
 */
final class OnePathUpstream implements AutoCloseable {

  static final String HASH = "1".repeat(32);

  private static final int NAR_BYTES = 3_000_000;

  private final HttpServer server;
  private final byte[] nar = new byte[NAR_BYTES];

  private OnePathUpstream(HttpServer server) {
    this.server = server;
    new Random(1).nextBytes(nar);
  }

  static OnePathUpstream start() throws IOException {
    InetSocketAddress address =
        new InetSocketAddress("127.0.0.1", Integer.getInteger("it.upstream.port"));
    OnePathUpstream upstream = new OnePathUpstream(HttpServer.create(address, 0));
    byte[] file = upstream.compressed();
    upstream.answer("/nix-cache-info", "StoreDir: /nix/store\n".getBytes(StandardCharsets.UTF_8));
    upstream.answer(
        "/" + HASH + ".narinfo", upstream.narInfo(file).getBytes(StandardCharsets.UTF_8));
    upstream.answer("/nar/" + sha256(file).nix32() + ".nar.zst", file);
    upstream.server.start();
    return upstream;
  }

  /** The uncompressed bytes. */
  byte[] nar() {
    return nar.clone();
  }

  /** The path of the uncompressed NAR at the server under test. */
  String narPath() throws IOException {
    return "/nar/" + sha256(compressed()).nix32() + ".nar";
  }

  @Override
  public void close() {
    server.stop(0);
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

  private byte[] compressed() throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (OutputStream out = Encoders.encode(Compression.ZSTD, file)) {
      out.write(nar);
    }
    return file.toByteArray();
  }

  private String narInfo(byte[] file) {
    return String.join(
        "\n",
        "StorePath: /nix/store/" + HASH + "-leak",
        "URL: nar/" + sha256(file).nix32() + ".nar.zst",
        "Compression: zstd",
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
