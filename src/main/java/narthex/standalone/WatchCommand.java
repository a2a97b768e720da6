package narthex.standalone;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code watch}. */
@Command(
    name = "watch",
    header = "Upload store paths as they appear.",
    description = {
      "Runs until it is interrupted (Ctrl-C, SIGTERM), and uploads each new path with all that it"
          + " refers to. It then still uploads what appeared before. What can't be uploaded is"
          + " tried again every minute."
    })
final class WatchCommand extends UploadCommand {
  private static final Duration QUIET = Duration.ofSeconds(1);
  private static final Duration TRY_AGAIN = Duration.ofMinutes(1);
  private static final Duration LIST_EVERY = Duration.ofMinutes(10);
  private static final Duration DRAIN = Duration.ofMinutes(5);

  /** Further paths that failed are found again by listing the store. */
  private static final int MOST_WAITING = 10_000;

  private static final int MOST_SHOWN = 20;
  private static final String USUAL = "/nix/store";

  @Option(
      names = "--store-dir",
      paramLabel = "FOLDER",
      description = {
        "The folder to watch (default: ${DEFAULT-VALUE}). If it ends in /nix/store, its paths are"
            + " taken for /nix/store/…, as in a store with another root."
      })
  private Path storeDir = Path.of("/nix/store");

  @Option(
      names = "--exclude",
      paramLabel = "REGEX",
      description =
          "Don't upload a path for its own sake if its name, <hash>-<name>, contains this.")
  private List<String> excluded = new ArrayList<>();

  @Override
  int run(URI url) throws IOException {
    List<Pattern> patterns = patterns();
    CountDownLatch ended = new CountDownLatch(1);
    try (Session session = open(url);
        NewPaths paths = new NewPaths(storeDir, QUIET, LIST_EVERY)) {
      Thread stop = new Thread(() -> stop(paths, ended), "narthex-end");
      Runtime.getRuntime().addShutdownHook(stop);
      session.progress.tell("watching " + storeDir);
      new Rounds(session, patterns, prefix()).run(paths);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ended.countDown();
    }
    return DONE;
  }

  /** Ends the wait for new paths, and waits until those before are uploaded. */
  private static void stop(NewPaths paths, CountDownLatch ended) {
    try {
      paths.close();
      ended.await(DRAIN.toSeconds(), TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Pattern> patterns() {
    try {
      return excluded.stream().map(Pattern::compile).toList();
    } catch (PatternSyntaxException e) {
      throw new ParameterException(
          spec().commandLine(), "--exclude: " + e.getDescription() + ": " + e.getPattern(), e);
    }
  }

  private String prefix() {
    return storeDir.endsWith(USUAL.substring(1)) ? USUAL : storeDir.toAbsolutePath().toString();
  }

  /** Uploads what appears, and remembers what failed. */
  private static final class Rounds {
    private final Session session;
    private final List<Pattern> excluded;
    private final String prefix;
    private final Set<String> waiting = new LinkedHashSet<>();

    Rounds(Session session, List<Pattern> excluded, String prefix) {
      this.session = session;
      this.excluded = excluded;
      this.prefix = prefix;
    }

    /** Runs until the paths are closed, and then tries the rest twice. */
    void run(NewPaths paths) throws IOException, InterruptedException {
      while (!paths.isClosed()) {
        add(paths.take(TRY_AGAIN));
        upload();
      }
      add(paths.take(Duration.ofNanos(1)));
      upload();
      upload();
      session.end(
          Map.of(
              "uploadedPaths", session.push.uploadedPaths(),
              "uploadedBytes", session.push.uploadedBytes(),
              "failedPaths", (long) waiting.size()));
    }

    private void add(List<String> names) {
      for (String name : names) {
        if (excluded.stream().noneMatch(pattern -> pattern.matcher(name).find())) {
          if (waiting.size() < MOST_WAITING) {
            waiting.add(prefix + "/" + name);
          } else {
            session.progress.fail("too many paths failed, this one is not uploaded: " + name);
          }
        }
      }
    }

    private void upload() {
      if (waiting.isEmpty()) {
        return;
      }
      try {
        List<String> valid = session.nix.valid(waiting);
        waiting.retainAll(Set.copyOf(valid));
        session.progress.restart();
        List<String> failures =
            session.push.upload(session.push.missing(session.nix.closure(valid)));
        failures.stream().limit(MOST_SHOWN).forEach(session.progress::fail);
        if (failures.isEmpty()) {
          waiting.clear();
        }
      } catch (IOException e) {
        session.progress.fail(String.valueOf(e.getMessage()));
      }
    }
  }
}
