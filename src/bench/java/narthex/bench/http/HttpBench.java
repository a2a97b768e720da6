package narthex.bench.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import narthex.bench.Figures;
import narthex.nix.Compression;

/**
 * Compares Narthex with nginx; see {@code src/bench/README.md}. Arguments: the WAR, then the parts
 * to run ({@code start}, {@code narinfo}, {@code nar}, {@code first-byte}, {@code cold}, {@code
 * many}, {@code chunked}, {@code chunked-memory}; default: all).
 */
public final class HttpBench {
  private static final List<String> PARTS =
      List.of("start", "narinfo", "nar", "first-byte", "cold", "many", "chunked", "chunked-memory");

  private static final List<String> WHOLE = List.of("narinfo", "nar", "first-byte");
  private static final String EAGER = "-Dnarthex.cdc.mode=eager";

  private static final int SMALL_NARS = 100;
  private static final int SMALL_CONNECTIONS = 16;
  private static final int COLD_NARS = 300;
  private static final int COLD_NARS_FOR_WARM_UP = 50;
  private static final int CLIENTS = 64;
  private static final int LOG_LINES = 40;
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;
  private static final long GIB = 1 << 30;

  static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
  static final int SECONDS = Integer.getInteger("bench.seconds", 5);
  private static final int WARM_UP_SECONDS = Integer.getInteger("bench.warm-up-seconds", 15);

  private final Path war;
  private final Path folder;
  private final Path staticFiles;
  private final Fixtures fixtures;
  private final Wrk wrk;
  private final Nginx nginx;

  private HttpBench(Path war, Path folder) throws IOException, InterruptedException {
    this.war = war;
    this.folder = folder;
    this.staticFiles = Files.createDirectories(folder.resolve("static"));
    this.fixtures = new Fixtures(folder.resolve("upstream"));
    this.wrk = new Wrk(folder.resolve("wrk"));
    this.nginx = Nginx.start(folder.resolve("nginx"), folder.resolve("upstream"), staticFiles);
  }

  /** Runs the benchmark and deletes its files. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    List<String> given = Arrays.asList(arguments).subList(1, arguments.length);
    List<String> parts = given.isEmpty() ? PARTS : given;
    if (!PARTS.containsAll(parts)) {
      throw new IllegalArgumentException("parts are " + PARTS);
    }
    Path folder = Files.createTempDirectory("narthex-bench-").toRealPath();
    Thread atExit = new Thread(() -> remove(folder));
    Runtime.getRuntime().addShutdownHook(atExit);
    // The workers of nginx don't run as root, but must read the files.
    folder.toFile().setReadable(true, false);
    folder.toFile().setExecutable(true, false);
    HttpBench bench = new HttpBench(Path.of(arguments[0]).toAbsolutePath(), folder);
    try {
      System.out.printf(
          "%s, %d processors, Java %s, %d rounds of %d s%n",
          System.getProperty("os.arch"),
          Runtime.getRuntime().availableProcessors(),
          Runtime.version(),
          ROUNDS,
          SECONDS);
      bench.run(parts);
    } catch (IOException | RuntimeException e) {
      printEndOfLog(folder.resolve("narthex").resolve("narthex.log"));
      throw e;
    } finally {
      bench.nginx.close();
    }
  }

  private void run(List<String> parts) throws IOException, InterruptedException {
    List<String> options =
        Stream.of(System.getProperty("bench.java.options", "").split(" ", -1))
            .filter(it -> !it.isEmpty())
            .toList();
    if (parts.contains("start")) {
      starts(options);
    }
    if (parts.stream().anyMatch(WHOLE::contains)) {
      try (NarthexServer narthex = start("narthex", options)) {
        if (parts.contains("first-byte")) {
          firstByte(narthex);
        }
        if (parts.contains("narinfo") || parts.contains("nar")) {
          hits(narthex, parts);
        }
        System.out.println(narthex.memory());
      }
    }
    if (parts.contains("cold")) {
      cold(options);
    }
    if (parts.contains("many")) {
      many(options);
    }
    if (parts.contains("chunked")) {
      try (NarthexServer narthex = start("narthex-eager", with(options, EAGER))) {
        new ChunkedServing(fixtures, wrk, nginx, staticFiles).compare(narthex);
        System.out.println(narthex.memory());
      }
    }
    if (parts.contains("chunked-memory")) {
      for (String mebibytes : ChunkedMemory.MEBIBYTES) {
        Path data = folder.resolve("narthex-memory-" + mebibytes);
        ChunkedMemory memory = new ChunkedMemory(fixtures, Long.parseLong(mebibytes) * MIB);
        try (NarthexServer narthex =
            start(data.getFileName().toString(), with(options, EAGER, "-Xmx256m"))) {
          memory.print(narthex);
        }
        remove(data);
        memory.remove();
      }
    }
  }

  private static List<String> with(List<String> options, String... more) {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of(more));
    return all;
  }

  private NarthexServer start(String name, List<String> options) throws IOException {
    return NarthexServer.start(
        war, folder.resolve(name), options, nginx.upstreamPort(), fixtures.publicKey());
  }

  /** One start that unpacks the WAR, then rounds of starts that find it unpacked. */
  private void starts(List<String> options) throws IOException, InterruptedException {
    Path temporary = Files.createDirectories(folder.resolve("narthex-tmp"));
    Path data = folder.resolve("narthex-start");
    StartTime.Start start =
        () -> start(data.getFileName().toString(), with(options, "-Djava.io.tmpdir=" + temporary));
    StartTime measured = new StartTime();
    measured.unpack(start);
    for (int round = 0; round < ROUNDS; round++) {
      remove(data);
      measured.round(folder.resolve("version.log"), start);
    }
    measured.print();
  }

  private void firstByte(NarthexServer narthex) throws IOException {
    List<Fixtures.Entry> warmUp = new ArrayList<>();
    List<Fixtures.Entry> cold = new ArrayList<>();
    for (int i = 0; i < COLD_NARS_FOR_WARM_UP + COLD_NARS; i++) {
      (i < COLD_NARS_FOR_WARM_UP ? warmUp : cold)
          .add(fixtures.add("cold-" + i, 256 * KIB, Compression.XZ));
    }
    new FirstByte().measure(warmUp, nginx.upstreamPort(), narthex.port());
    FirstByte measured = new FirstByte();
    measured.measure(cold, nginx.upstreamPort(), narthex.port());
    measured.print(
        new Figures(
            String.format(Locale.ROOT, "First byte of %d cold NARs of 256 KiB", COLD_NARS)));
  }

  /** nginx, then each mode, round by round, each time with nothing stored. */
  private void cold(List<String> options) throws IOException, InterruptedException {
    for (Compression compression : List.of(Compression.ZSTD, Compression.XZ)) {
      ColdPull proxy = new ColdPull(fixtures, compression);
      ColdPull off = proxy.again();
      ColdPull eager = proxy.again();
      for (int round = 0; round < ColdPull.ROUNDS; round++) {
        proxy.pull(nginx.proxyPort(), "?round=" + round, nginx::processorTime);
        pullCold(off, options);
        pullCold(eager, with(options, EAGER));
      }
      String name = compression.nixName();
      off.print("Cold pull, off, upstream " + name, proxy);
      eager.print("Cold pull, eager, upstream " + name, proxy);
    }
  }

  private void pullCold(ColdPull pull, List<String> options)
      throws IOException, InterruptedException {
    Path data = folder.resolve("narthex-cold");
    try (NarthexServer narthex = start(data.getFileName().toString(), options)) {
      pull.pull(narthex.port(), "", narthex::processorTime);
    }
    remove(data);
  }

  private void hits(NarthexServer narthex, List<String> parts)
      throws IOException, InterruptedException {
    List<String> narInfoPaths = new ArrayList<>();
    List<String> narPaths = new ArrayList<>();
    for (int i = 0; i < SMALL_NARS; i++) {
      Fixtures.Entry entry = fixtures.add("small-" + i, KIB, Compression.XZ);
      pullThrough(narthex, entry);
      narInfoPaths.add(entry.narInfoPath());
      narPaths.add(entry.narPath());
    }
    if (parts.contains("narinfo")) {
      wrk.run(narthex.port(), SMALL_CONNECTIONS, WARM_UP_SECONDS, narInfoPaths);
      compare("narinfo hit", narthex, SMALL_CONNECTIONS, narInfoPaths, Unit.REQUESTS);
    }
    if (parts.contains("nar")) {
      Fixtures.Entry medium = fixtures.add("two-mb", 2 * MIB, Compression.XZ);
      Fixtures.Entry large = fixtures.add("hundred-mb", 100 * MIB, Compression.NONE);
      // Warm up with many small requests: a few large ones wouldn't trigger the JIT compiler.
      wrk.run(narthex.port(), SMALL_CONNECTIONS, WARM_UP_SECONDS, narPaths);
      compare("1 KiB .nar.xz hit", narthex, SMALL_CONNECTIONS, narPaths, Unit.REQUESTS);
      compareNar("2 MiB .nar.xz", narthex, medium, 8);
      compareNar("100 MiB .nar", narthex, large, 2);
    }
  }

  private void compareNar(String name, NarthexServer narthex, Fixtures.Entry entry, int connections)
      throws IOException, InterruptedException {
    pullThrough(narthex, entry);
    List<String> paths = List.of(entry.narPath());
    wrk.run(narthex.port(), connections, SECONDS, paths);
    compare(name + " hit", narthex, connections, paths, Unit.MEGABYTES);
  }

  /** Measures both servers in turns, so that changes of the machine affect both. */
  private void compare(
      String title, NarthexServer narthex, int connections, List<String> paths, Unit unit)
      throws IOException, InterruptedException {
    Series theirs = new Series(unit, nginx::processorTime);
    Series ours = new Series(unit, narthex::processorTime);
    for (int round = 0; round < ROUNDS; round++) {
      theirs.run(wrk, nginx.staticPort(), connections, paths);
      ours.run(wrk, narthex.port(), connections, paths);
    }
    Figures figures =
        new Figures(String.format(Locale.ROOT, "%s, %d connections", title, connections));
    figures.add("nginx, " + unit.perSecond(), theirs.rates());
    figures.add("Narthex, " + unit.perSecond(), ours.rates());
    figures.add("ratio, round by round", ours.rates(), theirs.rates());
    figures.add("nginx, processor us/" + unit.one(), theirs.costs());
    figures.add("Narthex, processor us/" + unit.one(), ours.costs());
  }

  /** Lets Narthex fetch a path, and gives nginx a copy of what Narthex serves. */
  private void pullThrough(NarthexServer narthex, Fixtures.Entry entry) throws IOException {
    try (PlainHttp server = new PlainHttp(narthex.port())) {
      server.get(entry.narInfoPath(), (bytes, count) -> {});
      for (String path : List.of(entry.narPath(), entry.narInfoPath())) {
        Path file = staticFiles.resolve(path.substring(1));
        Files.createDirectories(file.resolveSibling("."));
        try (OutputStream out = Files.newOutputStream(file)) {
          server.get(path, (bytes, count) -> out.write(bytes, 0, count));
        }
      }
    }
  }

  private void many(List<String> options) throws IOException, InterruptedException {
    System.out.printf("%n%d downloads of 1 GiB at once, -Xmx512m%n", CLIENTS);
    Fixtures.Entry entry = fixtures.add("one-gb", GIB, Compression.NONE);
    try (NarthexServer narthex = start("narthex-512m", with(options, "-Xmx512m"));
        PlainHttp server = new PlainHttp(narthex.port());
        ByteArrayOutputStream narInfo = new ByteArrayOutputStream()) {
      server.get(entry.narInfoPath(), (bytes, count) -> narInfo.write(bytes, 0, count));
      for (String state : List.of("cold, one flight", "stored")) {
        double seconds = ManyDownloads.run(narthex.port(), entry, CLIENTS);
        System.out.printf(
            "%s: all complete and right in %.1f s (%.0f MB/s, each byte hashed by its client);"
                + " %s%n",
            state,
            seconds,
            CLIENTS * (double) entry.file().sizeBytes() / seconds / 1e6,
            narthex.memory());
      }
    }
  }

  private static void printEndOfLog(Path log) throws IOException {
    if (Files.exists(log)) {
      List<String> lines = Files.readAllLines(log);
      lines.stream().skip(Math.max(0, lines.size() - LOG_LINES)).forEach(System.err::println);
    }
  }

  private static void remove(Path folder) {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      System.err.println("left behind: " + folder);
    }
  }
}
