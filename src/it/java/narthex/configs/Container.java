package narthex.configs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import narthex.ingest.CdcMode;
import narthex.replicas.ReplicaServer;
import org.jspecify.annotations.Nullable;

/** An application server with Narthex and its file of settings. Closing it kills it. */
final class Container implements AutoCloseable {
  private final Path folder;
  private final List<String> command;
  private final String url;
  private final Path settings;
  private @Nullable ServerProgram program;

  /** An installed server, which doesn't run yet. */
  Container(Path folder, List<String> command, String url, Path settings) {
    this.folder = folder;
    this.command = command;
    this.url = url;
    this.settings = settings;
  }

  /** Starts the server; doesn't wait until it is ready. */
  void start() throws IOException {
    program = ServerProgram.start(folder, command);
  }

  /** Stops the server and starts it in another mode; doesn't wait until it is ready. */
  void restartIn(CdcMode mode) throws IOException {
    String name = mode.name().toLowerCase(Locale.ROOT);
    Files.writeString(
        settings,
        Files.readString(settings)
            .replaceAll("(?m)^narthex\\.cdc\\.mode=.*$", "narthex.cdc.mode=" + name));
    program().stop();
    start();
  }

  /** The running server. */
  ServerProgram program() {
    if (program == null) {
      throw new IllegalStateException("not started");
    }
    return program;
  }

  String url() {
    return url;
  }

  /** The running server as a client sees it. */
  ReplicaServer seen() {
    return new ReplicaServer(url, program()::log);
  }

  @Override
  public void close() {
    if (program != null) {
      program.close();
    }
  }
}
