package narthex.bench.http;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program started for the bench; closing it ends it, at the latest with this virtual machine. */
final class Program implements AutoCloseable {
  private static final long END_SECONDS = 30;

  private final Process process;
  private final Thread atExit;

  private Program(Process process) {
    this.process = process;
    this.atExit = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Starts a program whose errors go to a file, in whose folder it works. */
  static Program start(List<String> command, Path errors) throws IOException {
    File log = errors.toFile();
    Process process =
        new ProcessBuilder(command)
            .directory(log.getParentFile())
            .redirectError(ProcessBuilder.Redirect.appendTo(log))
            .start();
    return new Program(process);
  }

  /** Reads its output up to a line that starts so, and returns the rest of that line. */
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

  /** Its output, once it has ended well. */
  String output() throws IOException, InterruptedException {
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("ended with status " + process.exitValue());
    }
    return text;
  }

  long id() {
    return process.pid();
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
