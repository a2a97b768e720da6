package narthex.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import narthex.bench.Figures;

/**
 * Measures the start of Narthex with nothing stored, up to its first response, and its memory when
 * it is idle. The yardstick is a JVM that prints its version.
 */
final class StartTime {
  private static final Duration IDLE = Duration.ofSeconds(5);
  private static final double NANOS_PER_MILLI = 1e6;

  private final List<Double> version = new ArrayList<>();
  private final List<Double> millis = new ArrayList<>();
  private final List<Double> processorMillis = new ArrayList<>();
  private final List<Double> idle = new ArrayList<>();
  private final String program;
  private double first;

  /**
   * Measures nothing yet.
   *
   * @param program its name in the report
   */
  StartTime(String program) {
    this.program = program;
  }

  /** Starts Narthex. */
  interface Start {
    NarthexServer run() throws IOException;
  }

  /** Starts Narthex once: a WAR is unpacked. */
  void first(Start start) throws IOException {
    long begin = System.nanoTime();
    try (NarthexServer narthex = start.run()) {
      askFirst(narthex);
      first = (System.nanoTime() - begin) / NANOS_PER_MILLI;
    }
  }

  /** Starts a JVM, then Narthex with nothing stored. */
  void round(Path log, Start start) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    try (Program java = Program.start(List.of(NarthexServer.java(), "-version"), log)) {
      java.output();
      version.add((System.nanoTime() - begin) / NANOS_PER_MILLI);
    }
    begin = System.nanoTime();
    try (NarthexServer narthex = start.run()) {
      askFirst(narthex);
      millis.add((System.nanoTime() - begin) / NANOS_PER_MILLI);
      processorMillis.add(narthex.processorTime().toNanos() / NANOS_PER_MILLI);
      Thread.sleep(IDLE.toMillis());
      idle.add(narthex.residentMegabytes());
    }
  }

  void print(Report report) throws IOException {
    String load = Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    String start = "Start of " + program;
    Figures figures = new Figures(start + " to the first response, load of the machine " + load);
    figures.add("java -version, ms", version);
    figures.add("Narthex, ms", millis);
    figures.add("ratio, round by round", millis, version);
    figures.add("Narthex, processor ms", processorMillis);
    figures.add("Narthex, the first start, ms", List.of(first));
    figures.add("Narthex, idle RSS, MB", idle);
    report.add(start + " to the first response, ms", "java -version", version, millis, "2000");
    report.add(start + ", processor ms", processorMillis, "");
    report.add("RSS of " + program + ", idle, MB", idle, "150");
  }

  private static void askFirst(NarthexServer narthex) throws IOException {
    try (PlainHttp server = new PlainHttp(narthex.port())) {
      server.get("/nix-cache-info", (bytes, count) -> {});
    }
  }
}
