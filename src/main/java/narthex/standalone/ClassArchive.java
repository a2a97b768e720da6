package narthex.standalone;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Writes an archive of the classes of an {@link ExtractedWar}, which the JVM maps instead of
 * reading, checking and linking them at each start (class data sharing).
 *
 * <p>The JVM writes it when a process ends: here one with a server that has no data, no upstream
 * and no settings. Use each object once; {@link #close} may be called by another thread.
 */
final class ClassArchive implements AutoCloseable {
  static final String FILE = "narthex.jsa";

  private static final List<String> PAGES =
      List.of("/", "/nix-cache-info", "/00000000000000000000000000000000.narinfo", "/metrics");

  /** Longest time for all of it. */
  private static final int MOST_SECONDS = 120;

  /** Variables with options of Java, and one with a folder for temporary files. */
  private static final Set<String> OPTIONS =
      Set.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", Unpacking.CACHE_VARIABLE);

  private final Path archive;
  private final Process server;
  private final BufferedReader output;

  /** What the server has printed last: nothing but errors and its URL. */
  private String last = "no message";

  /**
   * Starts the server.
   *
   * @param extracted the folder of the extracted WAR
   * @param folder an empty folder for this work
   */
  ClassArchive(Path extracted, Path folder) throws IOException {
    archive = extracted.resolve(FILE);
    Path settings = Files.createFile(folder.resolve("narthex.properties"));
    ProcessBuilder builder =
        new ProcessBuilder(
            java().toString(),
            "-XX:ArchiveClassesAtExit=" + archive,
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            "-Djava.io.tmpdir=" + folder,
            "-Dnarthex.config-file=" + settings,
            "-Dnarthex.data-dir=" + folder.resolve("data"),
            "-Dnarthex.http.address=127.0.0.1",
            "-Dnarthex.http.port=0",
            "-Dnarthex.log.level=error",
            "-Dnarthex.upstreams=",
            "-Dnarthex.cdc.mode=eager",
            "-Dnarthex.metrics.public=true",
            "-jar",
            extracted.resolve(ExtractedWar.JAR).toString());
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("NARTHEX_") || OPTIONS.contains(name));
    server = builder.redirectErrorStream(true).start();
    output =
        new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
    server
        .onExit()
        .orTimeout(MOST_SECONDS, TimeUnit.SECONDS)
        .exceptionally(
            late -> {
              server.destroyForcibly();
              return server;
            });
  }

  /** The program that runs this process. */
  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /**
   * Waits until the archive is written.
   *
   * @throws IOException if the server doesn't start, or the JVM writes no archive
   */
  void await() throws IOException {
    String url = awaitReady();
    for (String page : PAGES) {
      ask(url + page);
    }
    server.toHandle().destroy(); // without closing its output
    String ready = last;
    awaitEnd();
    if (!Files.isRegularFile(archive)) {
      throw new IOException("Java wrote none" + (last.equals(ready) ? "" : ": " + last));
    }
  }

  private String awaitReady() throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      last = line;
      if (line.startsWith(Standalone.READY)) {
        return line.substring(Standalone.READY.length());
      }
    }
    throw new IOException("the server did not start: " + last);
  }

  private void awaitEnd() throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      last = line;
    }
    server.onExit().join();
  }

  /** Asks for a page, so that the classes that answer are loaded; any answer will do. */
  private static void ask(String url) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.getResponseCode();
    connection.disconnect();
  }

  /** Kills the server if it still runs, and waits for its end. */
  @Override
  public void close() {
    server.destroyForcibly();
    server.onExit().join();
  }
}
