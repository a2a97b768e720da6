package narthex.bench.http;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import narthex.bench.Figures;
import narthex.bench.Leftovers;
import narthex.bench.TreeNar;
import narthex.bench.TreeNar.Build;
import narthex.nix.Compression;

/**
 * A cold NAR in one xz file from an upstream that sends 40 MB per second: the seconds until a
 * client of Narthex has the file, beside those of a client of the upstream itself.
 */
final class SlowUpstream {
  private static final Path TREE = Path.of(System.getProperty("bench.tree", "/usr"));
  private static final long BYTES = Long.getLong("bench.slow.megabytes", 325) * 1_000_000;

  private final Stage stage;

  SlowUpstream(Stage stage) {
    this.stage = stage;
  }

  void measure() throws IOException {
    TreeNar tree = new TreeNar(TREE, BYTES);
    Fixtures.Entry entry =
        stage.fixtures().add("slow", out -> tree.write(Build.FIRST, out), Compression.XZ);
    List<Double> theirs = new ArrayList<>();
    List<Double> ours = new ArrayList<>();
    for (int round = 0; round < ColdPull.ROUNDS; round++) {
      theirs.add(seconds(stage.nginx().slowPort(), entry));
      Path data = stage.folder().resolve("narthex-slow");
      try (NarthexServer narthex =
          stage.startAt(stage.nginx().slowPort(), data.getFileName().toString())) {
        ours.add(seconds(narthex.port(), entry));
      }
      Leftovers.remove(data);
    }
    String title =
        String.format(
            Locale.ROOT,
            "Cold NAR of %d MB, off, xz file of %d MB, upstream at %d MB/s",
            entry.nar().sizeBytes() / 1_000_000,
            entry.file().sizeBytes() / 1_000_000,
            Nginx.SLOW_RATE / 1_000_000);
    Figures figures = new Figures(title);
    figures.add("the upstream itself, s", theirs);
    figures.add("Narthex, s", ours);
    figures.add("ratio, round by round", ours, theirs);
    stage.report().add(title + ", s", "upstream", theirs, ours, "1.05");
  }

  private static double seconds(int port, Fixtures.Entry entry) throws IOException {
    try (PlainHttp client = new PlainHttp(port)) {
      client.get(entry.narInfoPath(), (bytes, count) -> {});
      long start = System.nanoTime();
      client.get(entry.narPath(), (bytes, count) -> {});
      return (System.nanoTime() - start) / 1e9;
    }
  }
}
