package narthex.bench.space;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import narthex.bench.http.PlainHttp;

/** How long single narinfo requests take, one after another, each for a random path. */
final class Latency {
  private static final int PAUSE_EVERY = 10;

  private final int port;
  private final int paths;
  private final SplittableRandom random = new SplittableRandom(3);

  Latency(int port, int paths) {
    this.port = port;
    this.paths = paths;
  }

  /** Milliseconds of each request. */
  List<Double> run(int count) throws IOException {
    List<Double> all = new ArrayList<>();
    run(all, () -> all.size() < count);
    return all;
  }

  /** Asks while the condition holds, with short pauses, since others are measured meanwhile. */
  List<Double> runWhile(BooleanSupplier condition) throws IOException, InterruptedException {
    List<Double> all = new ArrayList<>();
    while (condition.getAsBoolean()) {
      int until = all.size() + PAUSE_EVERY;
      run(all, () -> all.size() < until);
      Thread.sleep(PAUSE_EVERY);
    }
    return all;
  }

  private void run(List<Double> all, BooleanSupplier condition) throws IOException {
    try (PlainHttp server = new PlainHttp(port)) {
      while (condition.getAsBoolean()) {
        String path = "/" + Rows.pathHash(random.nextInt(paths)) + ".narinfo";
        long start = System.nanoTime();
        server.get(path, (bytes, length) -> {});
        all.add((System.nanoTime() - start) / 1e6);
      }
    }
  }

  void print(String name, List<Double> millis) {
    List<Double> sorted = millis.stream().sorted().toList();
    if (!sorted.isEmpty()) {
      System.out.printf(
          Locale.ROOT,
          "  %s: median %.2f ms, p99 %.2f ms, most %.1f ms (%d requests)%n",
          name,
          sorted.get(sorted.size() / 2),
          sorted.get(sorted.size() * 99 / 100),
          sorted.get(sorted.size() - 1),
          sorted.size());
    }
  }
}
