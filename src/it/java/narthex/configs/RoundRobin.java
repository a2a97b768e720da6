package narthex.configs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import narthex.testing.PortPair;

/** HAProxy in front of two replicas, with the file of server-configs. Closing it kills it. */
public final class RoundRobin implements AutoCloseable {
  private final ServerProgram program;
  private final String url;

  private RoundRobin(ServerProgram program, String url) {
    this.program = program;
    this.url = url;
  }

  /** Starts HAProxy in front of two servers; returns when it answers. */
  public static RoundRobin start(Path folder, String firstUrl, String secondUrl) throws Exception {
    int port = PortPair.find();
    Path file =
        Files.writeString(
            folder.resolve("replicas.cfg"),
            Delivered.config("haproxy/narthex-replicas.cfg")
                .replace("bind :80\n", "bind 127.0.0.1:" + port + "\n")
                .replace("10.0.0.11:8080", firstUrl.replace("http://", ""))
                .replace("10.0.0.12:8080", secondUrl.replace("http://", "")));
    RoundRobin proxy =
        new RoundRobin(
            ServerProgram.start(folder, List.of("haproxy", "-db", "-f", file.toString())),
            "http://127.0.0.1:" + port);
    proxy.program.awaitAnswer(200, proxy.url + "/nix-cache-info");
    return proxy;
  }

  /** The URL without a slash at the end. */
  public String url() {
    return url;
  }

  @Override
  public void close() {
    program.close();
  }
}
