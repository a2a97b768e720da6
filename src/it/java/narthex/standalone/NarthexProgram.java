package narthex.standalone;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import narthex.testing.OtherJvm;
import narthex.wiring.StoppedStore;

/** {@code java -jar narthex.war} with its own temporary folder and data. Closing it kills it. */
final class NarthexProgram implements AutoCloseable {

  private static final int END_SECONDS = 60;

  private final Process program;
  private final Path errors;

  private NarthexProgram(Process program, Path errors) {
    this.program = program;
    this.errors = errors;
  }

  /** Starts the program with JVM options and arguments. */
  static NarthexProgram start(Path folder, List<String> options, List<String> arguments)
      throws IOException {
    return start(Path.of(System.getProperty("it.war")), folder, options, arguments);
  }

  /** Starts a program with JVM options and arguments. */
  static NarthexProgram start(Path file, Path folder, List<String> options, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(OtherJvm.java());
    command.add("-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("tmp")));
    command.add("-Dnarthex.data-dir=" + folder.resolve("data"));
    command.add("-Dnarthex.upstreams=");
    command.addAll(options);
    command.add("-jar");
    command.add(file.toString());
    command.addAll(arguments);
    Path errors = Files.createTempFile(folder, "errors", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.toFile());
    builder.environment().remove("JDK_JAVA_OPTIONS"); // as an operator starts it
    builder.redirectError(errors.toFile());
    return new NarthexProgram(builder.start(), errors);
  }

  /** Waits for the line that says it is ready, and returns the URL in it. */
  String awaitReady() throws IOException {
    BufferedReader lines = output();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("narthex ready url=")) {
        return line.substring("narthex ready url=".length());
      }
    }
    throw new IOException("ended without being ready: " + errors());
  }

  /** The output up to the exit. */
  String awaitOutput() throws IOException {
    StringBuilder all = new StringBuilder();
    output().lines().forEach(line -> all.append(line).append('\n'));
    return all.toString();
  }

  int awaitEnd() throws InterruptedException {
    if (!program.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running");
    }
    return program.exitValue();
  }

  String errors() throws IOException {
    return Files.readString(errors);
  }

  /** Sends SIGTERM. */
  void terminate() {
    program.destroy();
  }

  /** Sends SIGKILL. */
  void kill() {
    program.destroyForcibly();
  }

  @Override
  public void close() {
    program.destroyForcibly();
    program.onExit().join();
  }

  /** Checks the data that programs in this folder have left. None of them may run. */
  static void assertDataSound(Path folder) throws IOException {
    StoppedStore.assertSound(folder.resolve("data"));
  }

  private BufferedReader output() {
    return program.inputReader(StandardCharsets.UTF_8);
  }
}
