package narthex.bench.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import narthex.bench.Leftovers;
import narthex.nix.Compression;

/**
 * Compares Narthex with nginx; see {@code src/bench/README.md}. Arguments: the WAR, then the parts
 * to run; default: all.
 */
public final class HttpBench {
  private static final List<String> PARTS =
      List.of(
          "start",
          "narinfo",
          "nar",
          "small",
          "first-byte",
          "cold",
          "slow-upstream",
          "beside",
          "many",
          "chunked",
          "chunked-memory");

  private static final int SMALL_NARS = 100;
  private static final int SMALL_CONNECTIONS = 16;
  private static final int COLD_NARS = 300;
  private static final int COLD_NARS_FOR_WARM_UP = 50;
  private static final int CLIENTS = 64;
  private static final int LOG_LINES = 40;
  private static final long EAGER_MANY_BYTES = 300_000_000;
  private static final String HEAP = "-Xmx512m";
  private static final String OURS = "Narthex";

  static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
  static final int SECONDS = Integer.getInteger("bench.seconds", 5);
  static final int WARM_UP_SECONDS = Integer.getInteger("bench.warm-up-seconds", 15);

  private final Stage stage;

  private HttpBench(Stage stage) {
    this.stage = stage;
  }

  /** Runs the benchmark and deletes its files. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    List<String> given = Arrays.asList(arguments).subList(1, arguments.length);
    List<String> parts = given.isEmpty() ? PARTS : given;
    if (!PARTS.containsAll(parts)) {
      throw new IllegalArgumentException("parts are " + PARTS);
    }
    Path folder = Files.createTempDirectory("narthex-bench-").toRealPath();
    Thread atExit = new Thread(() -> Leftovers.remove(folder));
    Runtime.getRuntime().addShutdownHook(atExit);
    // The workers of nginx don't run as root, but must read the files.
    folder.toFile().setReadable(true, false);
    folder.toFile().setExecutable(true, false);
    try (Stage stage = new Stage(Path.of(arguments[0]).toAbsolutePath(), folder)) {
      try {
        new HttpBench(stage).run(parts);
      } finally {
        stage.report().print();
      }
    }
  }

  private void run(List<String> parts) throws IOException, InterruptedException {
    List<String> failed = new ArrayList<>();
    for (String part : PARTS) {
      if (parts.contains(part)) {
        try {
          run(part);
        } catch (IOException | RuntimeException e) {
          e.printStackTrace(); // and measure the other parts
          printEndOfLog(stage.folder().resolve("narthex").resolve("narthex.log"));
          failed.add(part);
        }
      }
    }
    if (!failed.isEmpty()) {
      throw new IllegalStateException("failed: " + failed);
    }
  }

  private void run(String part) throws IOException, InterruptedException {
    switch (part) {
      case "start" -> starts();
      case "narinfo" -> narInfos();
      case "nar" -> nars();
      case "small" -> small();
      case "first-byte" -> firstBytes();
      case "cold" -> {
        new ColdPart(stage, Compression.ZSTD).measure();
        new ColdPart(stage, Compression.XZ).measure();
      }
      case "slow-upstream" -> new SlowUpstream(stage).measure();
      case "beside" -> new Beside(stage).measure();
      case "many" -> many();
      case "chunked" -> chunked();
      default -> chunkedMemory();
    }
  }

  /** Starts of the WAR, then of what is extracted. */
  private void starts() throws IOException, InterruptedException {
    Path extracted = stage.folder().resolve("narthex-extracted");
    stage.run("extract", extracted.toString());
    String archive = "-XX:SharedArchiveFile=" + extracted.resolve("narthex.jsa");
    String temporary =
        "-Djava.io.tmpdir=" + Files.createDirectories(stage.folder().resolve("narthex-tmp"));
    String data = "narthex-start";
    starts("the WAR", data, () -> stage.start(data, temporary));
    Path jar = extracted.resolve("narthex.jar");
    starts("the extracted program", data, () -> stage.startProgram(jar, data, temporary, archive));
  }

  /** One start with nothing unpacked, then rounds of starts that find the WAR unpacked. */
  private void starts(String program, String data, StartTime.Start start)
      throws IOException, InterruptedException {
    StartTime measured = new StartTime(program);
    measured.first(start);
    for (int round = 0; round < ROUNDS; round++) {
      Leftovers.remove(stage.folder().resolve(data));
      measured.round(stage.folder().resolve("version.log"), start);
    }
    Leftovers.remove(stage.folder().resolve(data));
    measured.print(stage.report());
  }

  /** A load for a server with nothing stored. */
  private interface Load {
    void on(Server server, String name) throws IOException, InterruptedException;
  }

  private void withOurs(Load load, String... options) throws IOException, InterruptedException {
    Path data = stage.folder().resolve("narthex");
    try (NarthexServer narthex = stage.start(data.getFileName().toString(), options)) {
      load.on(narthex, OURS);
      System.out.println(narthex.memory());
    }
    Leftovers.remove(data);
  }

  private void withPeer(Load load) throws IOException, InterruptedException {
    Path folder = stage.folder().resolve("peer");
    Optional<Peer> given =
        Peer.start(folder, stage.nginx().upstreamPort(), stage.fixtures().publicKey());
    if (given.isPresent()) {
      try (Peer peer = given.get()) {
        load.on(peer, "peer");
      }
    }
  }

  private void narInfos() throws IOException, InterruptedException {
    List<Fixtures.Entry> entries = tiny();
    withOurs((server, name) -> narInfos(server, name, "narinfo, off", entries));
    withOurs((server, name) -> narInfos(server, name, "narinfo, eager", entries), Stage.EAGER);
    withPeer((server, name) -> narInfos(server, name, "narinfo", entries));
  }

  private void narInfos(Server server, String name, String title, List<Fixtures.Entry> entries)
      throws IOException, InterruptedException {
    List<String> paths = new ArrayList<>();
    try (PlainHttp client = new PlainHttp(server.port())) {
      for (Fixtures.Entry entry : entries) {
        stage.copy(client, entry.narInfoPath(), "", entry.narInfoPath());
        paths.add(entry.narInfoPath());
      }
    }
    stage.wrk().run(server.port(), SMALL_CONNECTIONS, WARM_UP_SECONDS, paths);
    stage.compare(
        new Stage.Contest(title, SMALL_CONNECTIONS, Unit.REQUESTS, "0.7"),
        name,
        server,
        paths,
        paths);
  }

  private List<Fixtures.Entry> tiny() throws IOException {
    List<Fixtures.Entry> entries = new ArrayList<>();
    for (int i = 0; i < SMALL_NARS; i++) {
      entries.add(stage.fixtures().add("tiny-" + i, Stage.KIB, Compression.XZ));
    }
    return entries;
  }

  private void nars() throws IOException, InterruptedException {
    List<Fixtures.Entry> entries = tiny();
    Fixtures.Entry medium = stage.fixtures().add("two-mb", 2 * Stage.MIB, Compression.XZ);
    Fixtures.Entry large = stage.fixtures().add("hundred-mb", 100 * Stage.MIB, Compression.NONE);
    Load load =
        (server, name) -> {
          // Warm up with many small requests: a few large ones wouldn't trigger the JIT compiler.
          List<String> paths = new ArrayList<>();
          for (Fixtures.Entry entry : entries) {
            stage.pullThrough(server, entry);
            paths.add(entry.narPath());
          }
          stage.wrk().run(server.port(), SMALL_CONNECTIONS, WARM_UP_SECONDS, paths);
          nar(new Stage.Contest("2 MiB .nar.xz", 8, Unit.MEGABYTES, "0.95"), name, server, medium);
          for (int connections : new int[] {1, 4, 16}) {
            nar(
                new Stage.Contest("100 MiB .nar", connections, Unit.MEGABYTES, "0.95"),
                name,
                server,
                large);
          }
        };
    withOurs(load);
    withPeer(load);
  }

  private void nar(Stage.Contest contest, String name, Server server, Fixtures.Entry entry)
      throws IOException, InterruptedException {
    stage.pullThrough(server, entry);
    List<String> paths = List.of(entry.narPath());
    stage.wrk().run(server.port(), contest.connections(), SECONDS, paths);
    stage.compare(contest, name, server, paths, paths);
  }

  private void small() throws IOException, InterruptedException {
    SmallNars nars = new SmallNars(stage);
    withOurs(nars::whole);
    withOurs(nars::chunked, Stage.EAGER);
  }

  private void firstBytes() throws IOException, InterruptedException {
    for (Compression compression : List.of(Compression.XZ, Compression.ZSTD)) {
      withOurs((server, name) -> firstByte(server, "off", compression));
      withOurs((server, name) -> firstByte(server, "eager", compression), Stage.EAGER);
    }
  }

  private void firstByte(Server narthex, String mode, Compression compression) throws IOException {
    int upstream = stage.nginx().upstreamPort();
    new FirstByte().measure(coldNars(COLD_NARS_FOR_WARM_UP, compression), upstream, narthex.port());
    for (String server : List.of("just started", "after these")) {
      List<Fixtures.Entry> cold = coldNars(COLD_NARS, compression);
      FirstByte measured = new FirstByte();
      measured.measure(cold, upstream, narthex.port());
      String title =
          String.format(
              Locale.ROOT,
              "First byte of %d cold NARs of 256 KiB, %s, %s, %s",
              COLD_NARS,
              mode,
              compression.nixName(),
              server);
      measured.print(title, stage.report());
    }
  }

  private List<Fixtures.Entry> coldNars(int count, Compression compression) throws IOException {
    List<Fixtures.Entry> cold = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      cold.add(stage.fixtures().add("cold-" + i, 256 * Stage.KIB, compression));
    }
    return cold;
  }

  private void many() throws IOException, InterruptedException {
    many("off, 64 clients, 1 GiB", Stage.GIB, "");
    many("eager, 64 clients, 300 MB", EAGER_MANY_BYTES, "350", Stage.EAGER);
  }

  private void many(String title, long bytes, String aim, String... options)
      throws IOException, InterruptedException {
    System.out.printf("%n%s, %s%n", title, HEAP);
    Fixtures.Entry entry = stage.fixtures().add("many", bytes, Compression.NONE);
    List<String> all = new ArrayList<>(List.of(options));
    all.add(HEAP);
    Path data = stage.folder().resolve("narthex-512m");
    try (NarthexServer narthex =
            stage.start(data.getFileName().toString(), all.toArray(new String[0]));
        PlainHttp server = new PlainHttp(narthex.port());
        ByteArrayOutputStream narInfo = new ByteArrayOutputStream()) {
      server.get(entry.narInfoPath(), (buffer, count) -> narInfo.write(buffer, 0, count));
      for (String state : List.of("cold, one flight", "stored")) {
        ManyDownloads.Result downloads = ManyDownloads.run(narthex.port(), entry, CLIENTS);
        double seconds = downloads.seconds();
        System.out.printf(
            "%s: all complete and right in %.1f s, %d refused at first (%.0f MB/s, each byte hashed"
                + " by its client); %s%n",
            state,
            seconds,
            downloads.refused(),
            CLIENTS * (double) entry.file().sizeBytes() / seconds / 1e6,
            narthex.memory());
        String work = "Downloads at once, " + title + ", " + state;
        stage.report().add(work + ", s", List.of(seconds), "");
        stage.report().add(work + ", refused", List.of((double) downloads.refused()), "0");
        stage.report().add(work + ", RSS peak, MB", List.of(narthex.peakResidentMegabytes()), aim);
      }
    }
    Leftovers.remove(data);
    stage.fixtures().remove(entry);
  }

  private void chunked() throws IOException, InterruptedException {
    try (NarthexServer narthex = stage.start("narthex-eager", Stage.EAGER)) {
      new ChunkedServing(stage).compare(narthex);
      System.out.println(narthex.memory());
    }
  }

  private void chunkedMemory() throws IOException, InterruptedException {
    for (String mebibytes : ChunkedMemory.MEBIBYTES) {
      Path data = stage.folder().resolve("narthex-memory-" + mebibytes);
      ChunkedMemory memory =
          new ChunkedMemory(stage.fixtures(), Long.parseLong(mebibytes) * Stage.MIB);
      try (NarthexServer narthex =
          stage.start(data.getFileName().toString(), Stage.EAGER, "-Xmx256m")) {
        memory.print(narthex);
      }
      Leftovers.remove(data);
      memory.remove();
    }
  }

  private static void printEndOfLog(Path log) throws IOException {
    if (Files.exists(log)) {
      List<String> lines = Files.readAllLines(log);
      lines.stream().skip(Math.max(0, lines.size() - LOG_LINES)).forEach(System.err::println);
    }
  }
}
