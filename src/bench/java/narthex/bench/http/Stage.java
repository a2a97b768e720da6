package narthex.bench.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;
import narthex.bench.Figures;

/** What all parts of the benchmark use: the upstream, nginx, the load generator, and the report. */
final class Stage implements AutoCloseable {
  static final String EAGER = "-Dnarthex.cdc.mode=eager";
  static final long KIB = 1 << 10;
  static final long MIB = 1 << 20;
  static final long GIB = 1 << 30;

  private static final int QUIET_MILLIS = 1_000;
  private static final Duration QUIET = Duration.ofMillis(50);

  private final Path war;
  private final Path folder;
  private final Path staticFiles;
  private final Fixtures fixtures;
  private final Wrk wrk;
  private final Nginx nginx;
  private final Report report = new Report();
  private final List<String> options =
      Stream.of(System.getProperty("bench.java.options", "").split(" ", -1))
          .filter(it -> !it.isEmpty())
          .toList();

  Stage(Path war, Path folder) throws IOException, InterruptedException {
    this.war = war;
    this.folder = folder;
    this.staticFiles = Files.createDirectories(folder.resolve("static"));
    this.fixtures = new Fixtures(folder.resolve("upstream"));
    this.wrk = new Wrk(folder.resolve("wrk"));
    this.nginx = Nginx.start(folder.resolve("nginx"), folder.resolve("upstream"), staticFiles);
  }

  Path folder() {
    return folder;
  }

  /** The files that nginx serves as the yardstick. */
  Path staticFiles() {
    return staticFiles;
  }

  Fixtures fixtures() {
    return fixtures;
  }

  Wrk wrk() {
    return wrk;
  }

  Nginx nginx() {
    return nginx;
  }

  Report report() {
    return report;
  }

  /** Starts Narthex with an upstream that sends as fast as it can. The caller closes it. */
  NarthexServer start(String name, String... more) throws IOException {
    return startAt(nginx.upstreamPort(), name, more);
  }

  /** Starts Narthex with another upstream. The caller closes it. */
  NarthexServer startAt(int upstreamPort, String name, String... more) throws IOException {
    return start(war, upstreamPort, name, more);
  }

  /** Starts another file than the WAR. The caller closes it. */
  NarthexServer startProgram(Path file, String name, String... more) throws IOException {
    return start(file, nginx.upstreamPort(), name, more);
  }

  private NarthexServer start(Path file, int upstreamPort, String name, String... more)
      throws IOException {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of(more));
    return NarthexServer.start(file, folder.resolve(name), all, upstreamPort, fixtures.publicKey());
  }

  /** Runs a command of the WAR. */
  void run(String... arguments) throws IOException, InterruptedException {
    Path data = Files.createDirectories(folder.resolve("narthex-command"));
    NarthexServer.run(war, data, nginx.upstreamPort(), fixtures.publicKey(), List.of(arguments));
  }

  /** Lets a server fetch a path, and gives nginx a copy of what it serves. */
  void pullThrough(Server server, Fixtures.Entry entry) throws IOException {
    try (PlainHttp client = new PlainHttp(server.port())) {
      client.get(entry.narInfoPath(), (bytes, count) -> {});
      for (String path : List.of(entry.narPath(), entry.narInfoPath())) {
        copy(client, path, "", path);
      }
    }
  }

  /** Gives nginx a copy of a response, under another path. */
  void copy(PlainHttp client, String path, String header, String target) throws IOException {
    Path file = staticFiles.resolve(target.substring(1));
    Files.createDirectories(file.resolveSibling("."));
    try (OutputStream out = Files.newOutputStream(file)) {
      client.get(path, header, (bytes, count) -> out.write(bytes, 0, count));
    }
  }

  /**
   * One kind of load, which two servers get in turns, so that changes of the machine affect both.
   */
  record Contest(String title, int connections, Unit unit, List<String> headers, String aim) {
    Contest(String title, int connections, Unit unit, String aim) {
      this(title, connections, unit, List.of(), aim);
    }
  }

  /** Measures both servers in turns; {@code name} is that of the second one. */
  void compare(
      Contest contest, String name, Server server, List<String> paths, List<String> nginxPaths)
      throws IOException, InterruptedException {
    Unit unit = contest.unit();
    Series theirs = new Series(unit, nginx::processorTime);
    Series ours = new Series(unit, server::processorTime);
    for (int round = 0; round < HttpBench.ROUNDS; round++) {
      theirs.run(
          () -> wrk.run(nginx.staticPort(), contest.connections(), HttpBench.SECONDS, nginxPaths));
      ours.run(
          () ->
              wrk.run(
                  server.port(),
                  contest.connections(),
                  HttpBench.SECONDS,
                  contest.headers(),
                  paths));
    }
    String title =
        String.format(Locale.ROOT, "%s, %d connections", contest.title(), contest.connections());
    Figures figures = new Figures(title + ": " + name);
    figures.add("nginx, " + unit.perSecond(), theirs.rates());
    figures.add(name + ", " + unit.perSecond(), ours.rates());
    figures.add("ratio, round by round", ours.rates(), theirs.rates());
    figures.add("nginx, processor us/" + unit.one(), theirs.costs());
    figures.add(name + ", processor us/" + unit.one(), ours.costs());
    String work = name.equals("Narthex") ? title : name + ": " + title;
    report.add(
        work + ", " + unit.perSecond(), "nginx", theirs.rates(), ours.rates(), contest.aim());
    report.add(
        work + ", processor us per " + unit.one(), "nginx", theirs.costs(), ours.costs(), "");
  }

  /** Waits until a server does nothing any more; returns its processor time. */
  static Duration quiet(Server server) throws InterruptedException {
    return quiet(server::processorTime);
  }

  /** Waits until this processor time stands still; returns it. */
  static Duration quiet(Supplier<Duration> processorTime) throws InterruptedException {
    Duration before = processorTime.get();
    while (true) {
      Thread.sleep(QUIET_MILLIS);
      Duration now = processorTime.get();
      if (now.minus(before).compareTo(QUIET) < 0) {
        return now;
      }
      before = now;
    }
  }

  @Override
  public void close() {
    nginx.close();
  }
}
