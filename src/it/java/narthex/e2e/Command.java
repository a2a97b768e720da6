package narthex.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program to run, with exactly these environment variables.
 *
 * @param directory its working directory, which also has its output while it runs
 */
record Command(List<String> words, Map<String, String> environment, Path directory) {
  private static final long LOOK_MILLIS = 50;

  /** The result of a program that has exited. */
  record Outcome(List<String> words, int exitCode, String output, String errors) {
    boolean succeeded() {
      return exitCode == 0;
    }

    /** Returns this, or fails the test if the exit code isn't 0. */
    Outcome expectSuccess() {
      if (!succeeded()) {
        throw new AssertionError(this);
      }
      return this;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "exit %d of %s%n%s%n%s", exitCode, String.join(" ", words), output, errors);
    }
  }

  Command {
    words = List.copyOf(words);
    environment = Map.copyOf(environment);
  }

  /** A running program. */
  static final class Running {
    private final Command command;
    private final Process process;
    private final Path output;
    private final Path errors;

    private Running(Command command, Process process, Path output, Path errors) {
      this.command = command;
      this.process = process;
      this.output = output;
      this.errors = errors;
    }

    /**
     * Waits until the output has this text.
     *
     * @throws AssertionError if it hasn't by the deadline, or the program exits
     */
    void awaitOutput(String wanted, Duration deadline) {
      long end = System.nanoTime() + deadline.toNanos();
      try {
        while (!Files.readString(output).contains(wanted)) {
          if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS) || System.nanoTime() > end) {
            throw new AssertionError(wanted + " is missing: " + await(deadline));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while running " + command.words(), e);
      }
    }

    /** Asks the program to end (SIGTERM). */
    void terminate() {
      process.destroy();
    }

    /** Kills the program and its children. */
    void kill() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      process.onExit().join();
    }

    /**
     * Waits for the exit.
     *
     * @throws AssertionError if the program hasn't exited by the deadline; it is killed then
     */
    Outcome await(Duration deadline) {
      try {
        boolean ended = process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
          kill();
        }
        Outcome outcome =
            new Outcome(command.words(), process.exitValue(), text(output), text(errors));
        if (!ended) {
          throw new AssertionError("no end within " + deadline + ": " + outcome);
        }
        return outcome;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while running " + command.words(), e);
      }
    }
  }

  /**
   * Runs the program to its exit.
   *
   * @throws AssertionError if it hasn't exited by the deadline; it is killed then
   */
  Outcome run(Duration deadline) {
    return start().await(deadline);
  }

  /** Starts the program without waiting. */
  Running start() {
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
      return new Running(this, builder.start(), output, errors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Path file) throws IOException {
    String text = new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.UTF_8);
    Files.delete(file);
    return text;
  }
}
