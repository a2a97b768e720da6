package narthex.container;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Inspects the process of the application server from outside: its classes, threads, files and
 * native libraries.
 */
final class RunningServer {

  private final long pid;

  private RunningServer(long pid) {
    this.pid = pid;
  }

  /** Finds the server that Arquillian has started. */
  static RunningServer find() {
    String home = System.getProperty("it.server.home");
    return ProcessHandle.current()
        .descendants()
        .filter(process -> commandLine(process).contains(home))
        .filter(process -> commandLine(process).contains("java"))
        .findFirst()
        .map(process -> new RunningServer(process.pid()))
        .orElseThrow();
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
    } catch (IOException ended) {
      return "";
    }
  }

  /** Runs a garbage collection in the server. */
  void collectGarbage() throws IOException {
    jcmd("GC.run");
  }

  /** Number of class loaders in memory that have defined a class of this name. */
  long loadersOf(String className) throws IOException {
    return jcmd("VM.classloaders", "show-classes=true")
        .lines()
        .filter(line -> line.strip().endsWith(" " + className))
        .count();
  }

  /** The names of all threads. */
  List<String> threads() throws IOException {
    return jcmd("Thread.print")
        .lines()
        .filter(line -> line.startsWith("\""))
        .map(line -> line.substring(1, line.indexOf('"', 1)))
        .toList();
  }

  /** How many stack frames of all threads are of a method. */
  long framesOf(String method) throws IOException {
    return jcmd("Thread.print").lines().filter(line -> line.contains("at " + method + "(")).count();
  }

  /** The open or mapped files, including deleted ones. */
  List<String> files() throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    try (Stream<Path> open = Files.list(process.resolve("fd"));
        Stream<String> mapped = Files.lines(process.resolve("maps"), StandardCharsets.ISO_8859_1)) {
      return Stream.concat(
              open.map(RunningServer::target),
              mapped.filter(line -> line.contains("/")).map(RunningServer::mappedFile))
          .distinct()
          .toList();
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException closed) {
      return "";
    }
  }

  private static String mappedFile(String line) {
    return line.substring(line.indexOf('/'));
  }

  private String jcmd(String... command) throws IOException {
    String program = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    List<String> words =
        Stream.concat(Stream.of(program, Long.toString(pid)), Stream.of(command)).toList();
    Process asked = new ProcessBuilder(words).redirectErrorStream(true).start();
    String answer = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (asked.waitFor() != 0) {
        throw new IOException(words + ": " + answer);
      }
    } catch (InterruptedException interrupted) {
      throw new UncheckedIOException(new IOException(interrupted));
    }
    return answer;
  }
}
