package narthex.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import narthex.bench.Leftovers;
import narthex.nix.PublicKey;
import narthex.testing.PortPair;

/**
 * Another binary cache that runs beside Narthex: {@code -Dbench.peer} is its command line, which is
 * split at spaces. Replaces {@code {port}}, {@code {upstream}}, {@code {key}} and {@code {data}} in
 * it. It must listen on 127.0.0.1 and answer {@code /nix-cache-info} when it is ready.
 */
final class Peer implements Server, AutoCloseable {
  private static final int START_ATTEMPTS = 600;
  private static final int START_WAIT_MILLIS = 100;
  private static final String COMMAND = System.getProperty("bench.peer", "");

  private final Program program;
  private final int port;

  private Peer(Program program, int port) {
    this.program = program;
    this.port = port;
  }

  /** Returns whether a peer is given. */
  static boolean isGiven() {
    return !COMMAND.isBlank();
  }

  /**
   * Starts the peer with an empty data folder.
   *
   * @return empty if none is given
   */
  static Optional<Peer> start(Path folder, int upstreamPort, PublicKey key)
      throws IOException, InterruptedException {
    if (!isGiven()) {
      return Optional.empty();
    }
    Leftovers.remove(Files.createDirectories(folder));
    Path data = Files.createDirectories(folder.resolve("data"));
    int port = PortPair.find();
    List<String> command =
        Stream.of(COMMAND.trim().split(" +", -1))
            .map(word -> word.replace("{port}", Integer.toString(port)))
            .map(word -> word.replace("{upstream}", "http://127.0.0.1:" + upstreamPort))
            .map(word -> word.replace("{key}", key.print()))
            .map(word -> word.replace("{data}", data.toString()))
            .toList();
    Peer peer = new Peer(Program.startQuietly(command, folder.resolve("peer.log")), port);
    peer.awaitReady();
    return Optional.of(peer);
  }

  private void awaitReady() throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try (PlainHttp client = new PlainHttp(port)) {
        client.get("/nix-cache-info", (bytes, count) -> {});
        return;
      } catch (IOException e) {
        if (attempt == START_ATTEMPTS) {
          close();
          throw new IOException("the peer does not answer", e);
        }
        Thread.sleep(START_WAIT_MILLIS);
      }
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public Duration processorTime() {
    return program.processorTime();
  }

  @Override
  public void close() {
    program.close();
  }
}
