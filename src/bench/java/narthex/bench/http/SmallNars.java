package narthex.bench.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.NarInfo;

/**
 * Small NARs of one file each, per second: whole files in mode off; and, in mode eager, decoded
 * from chunks and as frames, under the names that the narinfos advertise. nginx sends the same
 * bytes from files.
 */
final class SmallNars {
  private static final int COUNT = 100;
  private static final long LEAST_BYTES = 2 << 10;
  private static final long MOST_BYTES = 96 << 10;
  private static final int CONNECTIONS = 16;
  private static final String ZSTD = "Accept-Encoding: zstd";

  private final Stage stage;
  private final List<Fixtures.Entry> entries = new ArrayList<>();

  SmallNars(Stage stage) throws IOException {
    this.stage = stage;
    for (Path file : new SingleFiles(LEAST_BYTES, MOST_BYTES).choose(COUNT, 4)) {
      entries.add(
          stage.fixtures().add("small", out -> SingleFiles.writeNar(file, out), Compression.XZ));
    }
  }

  /** Measures whole files. */
  void whole(Server server, String name) throws IOException, InterruptedException {
    List<String> paths = new ArrayList<>();
    for (Fixtures.Entry entry : entries) {
      stage.pullThrough(server, entry);
      paths.add(entry.narPath());
    }
    compare(contest("small NARs, whole", "0.5"), server, name, paths, paths);
  }

  /** Measures chunks. */
  void chunked(Server server, String name) throws IOException, InterruptedException {
    List<String> paths = new ArrayList<>();
    List<String> decoded = new ArrayList<>();
    List<String> frames = new ArrayList<>();
    for (Fixtures.Entry entry : entries) {
      String path = advertised(server, entry);
      paths.add(path);
      decoded.add("/decoded" + path);
      frames.add("/frames" + path);
    }
    Stage.quiet(server); // until they are stored
    try (PlainHttp client = new PlainHttp(server.port())) {
      for (String path : paths) {
        stage.copy(client, path, ZSTD + "\r\n", "/frames" + path);
        stage.copy(client, path, "", "/decoded" + path);
      }
    }
    compare(contest("small NARs, decoded", "0.3"), server, name, paths, decoded);
    compare(contest("small NARs, frames", "0.3", ZSTD), server, name, paths, frames);
  }

  private static String advertised(Server server, Fixtures.Entry entry) throws IOException {
    try (PlainHttp client = new PlainHttp(server.port())) {
      StringBuilder text = new StringBuilder();
      client.get(
          entry.narInfoPath(),
          (bytes, count) -> text.append(new String(bytes, 0, count, StandardCharsets.UTF_8)));
      String path = "/" + NarInfo.parse(text.toString()).file().url();
      client.get(path, (bytes, count) -> {});
      return path;
    }
  }

  private static Stage.Contest contest(String title, String aim, String... headers) {
    return new Stage.Contest(title, CONNECTIONS, Unit.REQUESTS, List.of(headers), aim);
  }

  private void compare(
      Stage.Contest contest, Server server, String name, List<String> paths, List<String> theirs)
      throws IOException, InterruptedException {
    int seconds = HttpBench.WARM_UP_SECONDS;
    stage.wrk().run(server.port(), CONNECTIONS, seconds, contest.headers(), paths);
    stage.compare(contest, name, server, paths, theirs);
  }
}
