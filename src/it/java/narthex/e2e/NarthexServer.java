package narthex.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import narthex.testing.OtherJvm;
import narthex.testing.PortPair;
import narthex.testing.Soon;
import narthex.wiring.StoppedStore;
import org.awaitility.core.ConditionFactory;

/**
 * {@code java -jar narthex.war} in a process of its own with a data folder of its own. The system
 * property {@code narthex.war} names the WAR. Closing it kills the process, checks the data that it
 * left, and deletes them.
 */
final class NarthexServer implements AutoCloseable {
  private static final Duration START_DEADLINE = Duration.ofSeconds(120);
  private static final Duration STOP_DEADLINE = Duration.ofSeconds(30);
  private static final Pattern READY = Pattern.compile("narthex ready url=(\\S+)");

  private final Map<String, String> settings;
  private final Path folder;
  private final StringBuffer log = new StringBuffer();
  private final HttpClient http = HttpClient.newHttpClient();
  private CompletableFuture<String> ready = new CompletableFuture<>();
  private Process process;
  private String url;

  private NarthexServer(Map<String, String> settings, Path folder) {
    this.settings = new TreeMap<>(settings);
    this.folder = folder;
    this.process = launch();
    this.url = awaitReady();
  }

  /**
   * Starts a server with these settings, and chooses address, port and data folder if they are
   * missing. Returns when it is ready.
   */
  static NarthexServer start(Map<String, String> settings) {
    try {
      Path folder = Folders.create("narthex");
      Map<String, String> all = new TreeMap<>(settings);
      all.putIfAbsent("narthex.http.address", "127.0.0.1");
      all.putIfAbsent("narthex.http.port", Integer.toString(PortPair.find()));
      all.putIfAbsent("narthex.data-dir", folder.resolve("data").toString());
      return new NarthexServer(all, folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The WAR under test. */
  static Path war() {
    return Path.of(System.getProperty("narthex.war", "target/narthex.war")).toAbsolutePath();
  }

  /** The URL without a slash at the end; the same after a restart. */
  String url() {
    return url;
  }

  /** The output of all its starts so far. */
  String log() {
    return log.toString();
  }

  /** The public key in the form for a client's configuration. */
  String publicKey() {
    return fetch("/pubkey").body().strip();
  }

  /** Sends a GET. */
  HttpResponse<String> fetch(String target) {
    return send(HttpRequest.newBuilder(URI.create(url + target)));
  }

  /** Sends a HEAD. */
  HttpResponse<String> head(String target) {
    return send(
        HttpRequest.newBuilder(URI.create(url + target))
            .method("HEAD", HttpRequest.BodyPublishers.noBody()));
  }

  /** Whether its process runs. */
  boolean isRunning() {
    return process.isAlive();
  }

  /** Sends the process a signal by its name, such as STOP or CONT. */
  void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Stops the server by SIGTERM and returns its exit code. */
  int stop() {
    process.destroy();
    return awaitExit();
  }

  /** Kills the server by SIGKILL. */
  void kill() {
    process.destroyForcibly();
    awaitExit();
  }

  /**
   * Starts the server again on the same port with the same data, after {@link #stop} or {@link
   * #kill}.
   */
  void restart() {
    settings.put("narthex.http.port", Integer.toString(URI.create(url).getPort()));
    process = launch();
    url = awaitReady();
  }

  /** Like {@link #restart()}, but replaces its settings by these. */
  void restart(Map<String, String> others) {
    settings.putAll(others);
    restart();
  }

  /** Waits until the log says of so many NARs that they are stored. */
  void awaitStored(int nars) {
    await("NARs stored")
        .until(
            this::log,
            log -> log.lines().filter(it -> it.contains(" nar stored hash=")).count() >= nars);
  }

  /** Returns a wait that fails when the server ends. */
  ConditionFactory await(String name) {
    return Soon.await(name)
        .failFast(
            () -> {
              if (!process.isAlive()) {
                throw new AssertionError("the server has ended:\n" + log());
              }
            });
  }

  /** The data folder. */
  Path data() {
    return Path.of(settings.get("narthex.data-dir"));
  }

  /** Deletes database, blobs and keys; the server must not run. */
  void loseData() {
    try {
      Folders.delete(data());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asserts that a deep check of the data finds nothing wrong; the server must not run. */
  void assertDataRight() {
    try {
      StoppedStore.assertRight(settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Kills the server, checks what it left unless other replicas use it too, deletes its data, and
   * leaves its output in {@code target/e2e-logs} to explain failed tests.
   */
  @Override
  public void close() {
    kill();
    try {
      Path logs = Path.of("target", "e2e-logs");
      Files.createDirectories(logs);
      Files.writeString(logs.resolve(folder.getFileName() + ".log"), log());
      try {
        if (!settings.containsKey("narthex.cluster.enabled")) {
          StoppedStore.assertSound(settings);
        }
      } finally {
        Folders.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      HttpRequest whole = request.timeout(START_DEADLINE).build();
      return http.send(whole, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(log(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private Process launch() {
    Path war = war();
    if (!Files.exists(war)) {
      throw new AssertionError("there is no " + war + "; mvn package makes it");
    }
    List<String> words = new ArrayList<>();
    words.add(OtherJvm.java());
    words.add("-Xmx512m");
    settings.forEach((name, value) -> words.add("-D" + name + "=" + value));
    words.addAll(List.of("-jar", war.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("NARTHEX_"));
    try {
      Process started = builder.start();
      CompletableFuture<String> announced = new CompletableFuture<>();
      ready = announced;
      Thread reader = new Thread(() -> read(started, announced), "narthex-output");
      reader.setDaemon(true);
      reader.start();
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read(Process started, CompletableFuture<String> announced) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.append(line).append('\n');
        Matcher matcher = READY.matcher(line);
        if (matcher.find()) {
          announced.complete(matcher.group(1).replaceAll("/$", ""));
        }
      }
      announced.completeExceptionally(
          new IOException("the server has ended with exit code " + started.waitFor()));
    } catch (IOException | InterruptedException e) {
      announced.completeExceptionally(e);
    }
  }

  private String awaitReady() {
    try {
      return ready.get(START_DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      process.destroyForcibly();
      throw new AssertionError("the server did not get ready:\n" + log, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private int awaitExit() {
    try {
      if (!process.waitFor(STOP_DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("the server did not end within " + STOP_DEADLINE + ":\n" + log);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
