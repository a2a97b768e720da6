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
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * An archive of the classes of an {@link ExtractedWar}, which the JVM maps instead of reading,
 * checking and linking them at each start (class data sharing).
 *
 * <p>The JVM writes it when a process ends: here one with a server that has no data, no upstream
 * and no settings. An archive is for the release of Java that wrote it; any other starts without.
 */
final class ClassArchive {
  static final String FILE = "narthex.jsa";

  private static final String READY = "narthex ready url=";
  private static final List<String> PAGES =
      List.of("/", "/nix-cache-info", "/00000000000000000000000000000000.narinfo", "/metrics");
  private static final int STOP_SECONDS = 120;

  private ClassArchive() {}

  /**
   * Writes the archive.
   *
   * @param extracted the folder of the extracted WAR
   * @param folder an empty folder for this work
   * @throws IOException if the server doesn't start, or the JVM writes no archive
   */
  static void write(Path extracted, Path folder) throws IOException {
    Path archive = extracted.resolve(FILE);
    Process server = server(extracted, folder, archive).redirectErrorStream(true).start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
      String last = "no message";
      String line = lines.readLine();
      while (line != null && !line.startsWith(READY)) {
        last = line;
        line = lines.readLine();
      }
      if (line == null) {
        throw new IOException("the server did not start: " + last);
      }
      for (String page : PAGES) {
        ask(line.substring(READY.length()) + page);
      }
      server.destroy();
      boolean ended = server.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
      if (!ended || !Files.isRegularFile(archive)) {
        throw new IOException("Java wrote none; its option -Xlog:cds tells why");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      server.destroyForcibly();
    }
  }

  private static ProcessBuilder server(Path extracted, Path folder, Path archive)
      throws IOException {
    Path settings = Files.createFile(folder.resolve("narthex.properties"));
    ProcessBuilder server =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:ArchiveClassesAtExit=" + archive,
            "-Djava.io.tmpdir=" + folder,
            "-Dnarthex.config-file=" + settings,
            "-Dnarthex.data-dir=" + folder.resolve("data"),
            "-Dnarthex.http.address=127.0.0.1",
            "-Dnarthex.http.port=0",
            "-Dnarthex.upstreams=",
            "-Dnarthex.cdc.mode=eager",
            "-Dnarthex.metrics.public=true",
            "-jar",
            extracted.resolve(ExtractedWar.JAR).toString());
    Map<String, String> environment = server.environment();
    environment.keySet().removeIf(ClassArchive::isSetting);
    return server;
  }

  /** Whether a variable has settings of the server or options of Java. */
  private static boolean isSetting(String variable) {
    return variable.startsWith("NARTHEX_")
        || variable.equals("JAVA_TOOL_OPTIONS")
        || variable.equals("JDK_JAVA_OPTIONS");
  }

  /** Asks for a page, so that the classes that answer are loaded; any answer will do. */
  private static void ask(String url) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.getResponseCode();
    connection.disconnect();
  }
}
