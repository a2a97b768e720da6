package narthex.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The load generator {@code wrk}: requests some paths in turn on several connections. */
final class Wrk {
  private static final int THREADS = 2;

  private final Path script;

  /**
   * The result of one run.
   *
   * @param requests responses per second
   * @param bytes received bytes per second, including headers
   */
  record Rates(double requests, double bytes) {}

  /** Writes wrk's script into a folder. */
  Wrk(Path folder) throws IOException {
    Files.createDirectories(folder);
    script = folder.resolve("paths.lua");
    Files.writeString(
        script,
        """
        local requests, at = {}, 0
        function init(paths)
          for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path) end
        end
        function request()
          at = at % #requests + 1
          return requests[at]
        end
        function done(summary)
          local e = summary.errors
          print("RATES " .. summary.requests / summary.duration * 1e6 .. " "
            .. summary.bytes / summary.duration * 1e6 .. " "
            .. e.connect + e.read + e.write + e.status + e.timeout)
        end
        """);
  }

  /**
   * Loads a server.
   *
   * @throws IOException if a response isn't a 200
   */
  Rates run(int port, int connections, int seconds, List<String> paths)
      throws IOException, InterruptedException {
    return run(port, connections, seconds, List.of(), paths);
  }

  /**
   * Loads a server with requests that have additional headers.
   *
   * @throws IOException if a response isn't a 200
   */
  Rates run(int port, int connections, int seconds, List<String> headers, List<String> paths)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("wrk", "-t" + Math.min(THREADS, connections)));
    command.addAll(List.of("-c" + connections, "-d" + seconds + "s", "-s", script.toString()));
    headers.forEach(header -> command.addAll(List.of("-H", header)));
    command.addAll(List.of("--timeout", "60s", "http://127.0.0.1:" + port, "--"));
    command.addAll(paths);
    try (Program program = Program.start(command, script.resolveSibling("wrk.log"))) {
      String output = program.output();
      String line =
          output.lines().filter(it -> it.startsWith("RATES ")).findFirst().orElse("RATES 0 0 1");
      String[] fields = line.split(" ", -1);
      if (!fields[3].equals("0")) {
        throw new IOException("failures under load: " + output);
      }
      return new Rates(Double.parseDouble(fields[1]), Double.parseDouble(fields[2]));
    }
  }
}
