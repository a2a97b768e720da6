package narthex.bench.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import narthex.bench.Figures;
import narthex.bench.TreeNar;
import narthex.bench.TreeNar.Build;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.Sha256;

/**
 * Several clients that pull a closure that nobody has yet: narinfos and NARs, every byte hashed.
 * The yardstick is nginx as a caching proxy of the same upstream, which checks nothing.
 */
final class ColdPull {
  static final int ROUNDS = Integer.getInteger("bench.cold.rounds", 3);

  private static final Path TREE = Path.of(System.getProperty("bench.tree", "/usr"));
  private static final int PATHS = Integer.getInteger("bench.cold.paths", 300);
  private static final long TREE_BYTES = Long.getLong("bench.cold.megabytes", 48) * 1_000_000;
  private static final int CLIENTS = 8;
  private static final long OTHER_BYTES = 300_000;
  private static final long LEAST_BYTES = Long.getLong("bench.cold.least-kibibytes", 4) << 10;
  private static final long MOST_BYTES = Long.getLong("bench.cold.most-kibibytes", 2048) << 10;

  private final List<Fixtures.Entry> closure = new ArrayList<>();
  private final List<Double> wall = new ArrayList<>();
  private final List<Double> processor = new ArrayList<>();
  private final List<Double> processorInTheEnd = new ArrayList<>();

  /** Adds a closure: two near-identical trees, and NARs of one file each. */
  ColdPull(Fixtures fixtures, Compression compression) throws IOException {
    TreeNar tree = new TreeNar(TREE, TREE_BYTES);
    for (Build build : Build.values()) {
      closure.add(fixtures.add("tree", out -> tree.write(build, out), compression));
    }
    for (Path file : new SingleFiles(LEAST_BYTES, MOST_BYTES).choose(PATHS, 3)) {
      closure.add(fixtures.add("file", out -> SingleFiles.writeNar(file, out), compression));
    }
    Collections.shuffle(closure, new Random(2));
  }

  /** Many NARs of one small file, as a load before what is measured. */
  static ColdPull ofOthers(Fixtures fixtures, Compression compression, int count)
      throws IOException {
    List<Fixtures.Entry> others = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      others.add(fixtures.add("other", OTHER_BYTES, compression));
    }
    return new ColdPull(others);
  }

  private ColdPull(List<Fixtures.Entry> closure) {
    this.closure.addAll(closure);
  }

  /** The same closure, with no figures yet. */
  ColdPull again() {
    return new ColdPull(closure);
  }

  /** What a server tells of the processor time that it used. */
  interface Meter {
    Duration processorTime();
  }

  /** The bytes of all files of the upstream. */
  double upstreamMegabytes() {
    return closure.stream().mapToLong(entry -> entry.file().sizeBytes()).sum() / 1e6;
  }

  /**
   * Pulls all NARs under the advertised names once more, with {@code Accept-Encoding: zstd};
   * returns the megabytes of all bodies.
   */
  double megabytesOnTheWire(int port) throws IOException {
    long bytes = 0;
    try (PlainHttp server = new PlainHttp(port)) {
      for (Fixtures.Entry next : closure) {
        String path = "/" + said(server, next, "").file().url();
        bytes += server.get(path, "Accept-Encoding: zstd\r\n", (buffer, count) -> {}).bytes();
      }
    }
    return bytes / 1e6;
  }

  private static NarInfo said(PlainHttp server, Fixtures.Entry entry, String query)
      throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    server.get(entry.narInfoPath() + query, (bytes, count) -> text.write(bytes, 0, count));
    return NarInfo.parse(text.toString(StandardCharsets.UTF_8));
  }

  /**
   * Pulls everything once.
   *
   * @param query is added to each path, so that a proxy takes it for another one
   */
  void pull(int port, String query, Meter meter) throws IOException, InterruptedException {
    Duration before = meter.processorTime();
    long start = System.nanoTime();
    ConcurrentLinkedQueue<Fixtures.Entry> left = new ConcurrentLinkedQueue<>(closure);
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(
            threads.submit(
                () -> {
                  pullSome(port, query, left);
                  return null;
                }));
      }
      for (Future<?> client : clients) {
        client.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("a pull failed: " + e.getCause(), e);
    } finally {
      threads.shutdownNow();
    }
    wall.add((System.nanoTime() - start) / 1e9);
    processor.add(seconds(meter.processorTime().minus(before)));
    processorInTheEnd.add(seconds(Stage.quiet(meter::processorTime).minus(before)));
  }

  private static double seconds(Duration time) {
    return time.toMillis() / 1e3;
  }

  private static void pullSome(int port, String query, ConcurrentLinkedQueue<Fixtures.Entry> left)
      throws IOException {
    try (PlainHttp server = new PlainHttp(port)) {
      for (Fixtures.Entry next = left.poll(); next != null; next = left.poll()) {
        NarInfo said = said(server, next, query);
        MessageDigest digest = Fixtures.sha256();
        long length =
            server
                .get(
                    "/" + said.file().url() + query,
                    (bytes, count) -> digest.update(bytes, 0, count))
                .bytes();
        NarId got = new NarId(Sha256.of(digest.digest()), length);
        boolean isNar = said.file().compression() == Compression.NONE;
        if (!got.equals(isNar ? next.nar() : next.file())) {
          throw new IOException("wrong bytes of " + said.file().url());
        }
      }
    }
  }

  /** Prints what was measured, beside the yardstick. */
  void print(String title, String name, ColdPull yardstick, Report report) {
    String work =
        String.format(Locale.ROOT, "%s: %d paths, %d clients", title, closure.size(), CLIENTS);
    Figures figures = new Figures(work);
    figures.add("nginx proxy, s", yardstick.wall);
    figures.add(name + ", s until clients are done", wall);
    figures.add("ratio, round by round", wall, yardstick.wall);
    figures.add("nginx proxy, processor s", yardstick.processor);
    figures.add(name + ", processor s until then", processor);
    figures.add(name + ", processor s in the end", processorInTheEnd);
    report.add(work + ", s", "nginx proxy", yardstick.wall, wall, "");
    report.add(work + ", processor s until clients are done", processor, "");
    report.add(work + ", processor s in the end", processorInTheEnd, "");
  }
}
