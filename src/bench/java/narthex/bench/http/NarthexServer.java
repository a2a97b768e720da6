package narthex.bench.http;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import narthex.nix.PublicKey;
import narthex.testing.OtherJvm;

/** {@code java -jar narthex.war} with a data folder of its own and one upstream. */
public final class NarthexServer implements Server, AutoCloseable {
  private static final Pattern HEAP_BEFORE_AND_AFTER = Pattern.compile(" (\\d+)M->(\\d+)M\\(");
  private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");
  private static final Pattern PEAK_RSS = Pattern.compile("VmHWM:\\s+(\\d+) kB");

  private final Program program;
  private final Path heapLog;
  private final int port;

  private NarthexServer(Program program, Path heapLog, int port) {
    this.program = program;
    this.heapLog = heapLog;
    this.port = port;
  }

  /** Starts the server; returns when it is ready. */
  public static NarthexServer start(
      Path war, Path folder, List<String> javaOptions, int upstreamPort, PublicKey upstreamKey)
      throws IOException {
    Files.createDirectories(folder);
    Path heapLog = folder.resolve("heap.log");
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(javaOptions);
    command.add("-Xlog:gc:file=" + heapLog);
    command.add("-Dnarthex.http.address=127.0.0.1");
    command.add("-Dnarthex.http.port=0");
    command.addAll(settings(folder, upstreamPort, upstreamKey));
    command.add("-jar");
    command.add(war.toString());
    Program program = Program.start(command, folder.resolve("narthex.log"));
    try {
      String url = program.awaitLine("narthex ready url=");
      return new NarthexServer(program, heapLog, URI.create(url).getPort());
    } catch (IOException | RuntimeException e) {
      program.close();
      throw new IOException(
          "Narthex did not start: " + Files.readString(folder.resolve("narthex.log")), e);
    }
  }

  private static List<String> settings(Path folder, int upstreamPort, PublicKey upstreamKey) {
    return List.of(
        "-Dnarthex.hostname=bench",
        "-Dnarthex.data-dir=" + folder.resolve("data"),
        "-Dnarthex.upstreams=http://127.0.0.1:" + upstreamPort,
        "-Dnarthex.upstream.public-keys=" + upstreamKey.print());
  }

  /**
   * Runs a command with the data of a stopped server.
   *
   * @param arguments the command and its options
   * @return the lines of its output, whatever its status is
   */
  public static List<String> run(
      Path war, Path folder, int upstreamPort, PublicKey upstreamKey, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(settings(folder, upstreamPort, upstreamKey));
    command.add("-jar");
    command.add(war.toString());
    command.addAll(arguments);
    try (Program program = Program.start(command, folder.resolve("command.log"))) {
      return program.outputWhateverItsStatus().lines().toList();
    }
  }

  /** The program that runs Narthex. */
  static String java() {
    return System.getProperty("bench.java", OtherJvm.java());
  }

  @Override
  public int port() {
    return port;
  }

  /**
   * The peaks of the heap, in megabytes; 0 if it was never collected.
   *
   * @param used before a collection
   * @param live after a collection
   */
  public record Heap(int used, int live) {}

  /** The length of the log of collections, to be given to {@link #heap}. */
  public int heapLogLength() throws IOException {
    return Files.readString(heapLog).length();
  }

  /** The peaks of the heap since the log of collections had this length. */
  public Heap heap(int since) throws IOException {
    int before = 0;
    int after = 0;
    Matcher collections = HEAP_BEFORE_AND_AFTER.matcher(Files.readString(heapLog));
    for (int from = since; collections.find(from); from = collections.end()) {
      before = Math.max(before, Integer.parseInt(collections.group(1)));
      after = Math.max(after, Integer.parseInt(collections.group(2)));
    }
    return new Heap(before, after);
  }

  /** Memory that the process has used so far, as far as the system reports it. */
  public String memory() throws IOException {
    Heap heap = heap(0);
    Matcher rss = PEAK_RSS.matcher(status());
    return String.format(
        Locale.ROOT,
        "heap peak %d MB, %d MB after a collection; RSS peak %s MB",
        heap.used(),
        heap.live(),
        rss.find() ? Long.parseLong(rss.group(1)) >> 10 : "?");
  }

  /** The largest RSS of the process so far. */
  double peakResidentMegabytes() throws IOException {
    Matcher rss = PEAK_RSS.matcher(status());
    return rss.find() ? Long.parseLong(rss.group(1)) / 1024.0 : Double.NaN;
  }

  /** The RSS of the process now. */
  public double residentMegabytes() throws IOException {
    Matcher rss = RSS.matcher(status());
    return rss.find() ? Long.parseLong(rss.group(1)) / 1024.0 : Double.NaN;
  }

  private String status() throws IOException {
    Path status = Path.of("/proc", Long.toString(program.id()), "status");
    return Files.isReadable(status) ? Files.readString(status) : "";
  }

  @Override
  public Duration processorTime() {
    return program.processorTime();
  }

  @Override
  public void close() {
    program.close();
  }
}
