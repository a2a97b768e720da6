package narthex.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program to be run in an environment of exactly these variables.
 *
 * @param directory where it runs and where its output is kept while it does
 */
record Command(List<String> words, Map<String, String> environment, Path directory) {
  /** What a program that has ended said. */
  record Outcome(List<String> words, int exitCode, String output, String errors) {
    boolean succeeded() {
      return exitCode == 0;
    }

    /** Itself. */
    Outcome expectSuccess() {
      if (!succeeded()) {
        throw new AssertionError(this);
      }
      return this;
    }

    @Override
    public String toString() {
      return "exit %d of %s%n%s%n%s".formatted(exitCode, String.join(" ", words), output, errors);
    }
  }

  Command {
    words = List.copyOf(words);
    environment = Map.copyOf(environment);
  }

  /**
   * Runs it to its end.
   *
   * @throws AssertionError if it has not ended by the deadline; it is killed then
   */
  Outcome run(Duration deadline) {
    try {
      Path output = Files.createTempFile(directory, "stdout", ".txt");
      Path errors = Files.createTempFile(directory, "stderr", ".txt");
      ProcessBuilder builder =
          new ProcessBuilder(words)
              .directory(directory.toFile())
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile());
      builder.environment().clear();
      builder.environment().putAll(environment);
      Process process = builder.start();
      boolean ended = process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
      Outcome outcome = new Outcome(words, process.exitValue(), text(output), text(errors));
      if (!ended) {
        throw new AssertionError("no end within " + deadline + ": " + outcome);
      }
      return outcome;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while running " + words, e);
    }
  }

  private static String text(Path file) throws IOException {
    String text = new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.UTF_8);
    Files.delete(file);
    return text;
  }
}
