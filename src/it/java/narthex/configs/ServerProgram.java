package narthex.configs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import narthex.testing.Soon;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;

/** A server in a process of its own; closing it kills the process and its children. */
final class ServerProgram implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(240);

  private final Process process;
  private final Path log;

  private ServerProgram(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Starts a server; its output goes to a file in the folder. */
  static ServerProgram start(Path folder, List<String> command) throws IOException {
    Path log = Files.createTempFile(folder, "output", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("NOPAUSE", "1");
    return new ServerProgram(builder.start(), log);
  }

  /** Runs a program to its end and returns its output. */
  static String run(Path folder, List<String> command) throws IOException, InterruptedException {
    try (ServerProgram program = start(folder, command)) {
      boolean ended = program.process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS);
      if (!ended || program.process.exitValue() != 0) {
        throw new AssertionError(command + " failed:\n" + program.log());
      }
      return program.log();
    }
  }

  /** Waits until the output contains this text. */
  void awaitLine(String text) {
    await(text, () -> log().contains(text));
  }

  /** Waits until a URL answers with this status. */
  void awaitAnswer(int status, String url) {
    await(url, () -> status(url) == status);
  }

  /** Waits until a URL answers with such a text. */
  void awaitText(Predicate<String> wanted, String url) {
    await("the right text at " + url, () -> wanted.test(text(url)));
  }

  private void await(String wanted, Callable<Boolean> condition) {
    try {
      Soon.await(wanted)
          .atMost(DEADLINE)
          .failFast("it has ended", () -> !process.isAlive())
          .until(condition);
    } catch (ConditionTimeoutException | TerminalFailureException e) {
      throw new AssertionError("no sign of '" + wanted + "':\n" + log(), e);
    }
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a GET. */
  static HttpResponse<String> get(String url, String... fields)
      throws IOException, InterruptedException {
    return send("GET", url, fields);
  }

  /** Sends a request without a body. */
  static HttpResponse<String> send(String method, String url, String... fields)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(DEADLINE);
    for (int i = 0; i < fields.length; i += 2) {
      request.header(fields[i], fields[i + 1]);
    }
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
  }

  /** Asks the server to stop by SIGTERM, and waits for its end. */
  void stop() {
    List<ProcessHandle> all = process.descendants().toList();
    all.forEach(ProcessHandle::destroy);
    process.destroy();
    process.onExit().orTimeout(DEADLINE.toSeconds(), TimeUnit.SECONDS).join();
    all.forEach(child -> child.onExit().orTimeout(DEADLINE.toSeconds(), TimeUnit.SECONDS).join());
  }

  @Override
  public void close() {
    List<ProcessHandle> all = process.descendants().toList();
    all.forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.onExit().join();
    all.forEach(child -> child.onExit().join());
  }

  private static String text(String url) throws InterruptedException {
    try {
      return get(url).body();
    } catch (IOException notYet) {
      return "";
    }
  }

  private static int status(String url) throws InterruptedException {
    try {
      return get(url).statusCode();
    } catch (IOException notYet) {
      return 0;
    }
  }
}
