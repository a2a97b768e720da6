package narthex.bench.http;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A child process; closing it, or the end of this JVM, kills it. */
final class Program implements AutoCloseable {
  private static final long END_SECONDS = 30;

  private final Process process;
  private final Thread atExit;

  private Program(Process process) {
    this.process = process;
    this.atExit = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Starts a program with its stderr in a file, in the folder of that file. */
  static Program start(List<String> command, Path errors) throws IOException {
    File log = errors.toFile();
    Process process =
        new ProcessBuilder(command)
            .directory(log.getParentFile())
            .redirectError(ProcessBuilder.Redirect.appendTo(log))
            .start();
    return new Program(process);
  }

  /** Starts a program with all its output in a file, in the folder of that file. */
  static Program startQuietly(List<String> command, Path output) throws IOException {
    File log = output.toFile();
    Process process =
        new ProcessBuilder(command)
            .directory(log.getParentFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
            .start();
    return new Program(process);
  }

  /** Reads the output up to a line with this prefix; returns the rest of that line. */
  String awaitLine(String start) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith(start)) {
        return line.substring(start.length());
      }
    }
    throw new IOException("ended without a line '" + start + "'");
  }

  /** Waits for a successful exit and returns the output. */
  String output() throws IOException, InterruptedException {
    String text = outputWhateverItsStatus();
    if (process.exitValue() != 0) {
      throw new IOException("ended with status " + process.exitValue());
    }
    return text;
  }

  /** Waits for its end and returns the output. */
  String outputWhateverItsStatus() throws IOException, InterruptedException {
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return text;
  }

  long id() {
    return process.pid();
  }

  /** CPU time of the process and its running children. */
  Duration processorTime() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .map(it -> it.info().totalCpuDuration().orElse(Duration.ZERO))
        .reduce(Duration.ZERO, Duration::plus);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().removeShutdownHook(atExit);
  }
}
