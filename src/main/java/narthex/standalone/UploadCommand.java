package narthex.standalone;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** A command that uploads paths of a Nix store. */
abstract class UploadCommand extends ServerCommand {
  /** With doubling pauses, this outlasts the restart of a server: about a minute. */
  private static final int TRIES = 8;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final int MOST_JOBS = 64;

  /** How NARs are sent. */
  enum Form {
    /** As they are. */
    NONE,
    /** Compressed with zstd. */
    ZSTD;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Mixin
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private TokenOption token;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "Send up to N NARs at once (default: ${DEFAULT-VALUE}).")
  private int jobs = 4;

  @Option(
      names = "--compression",
      paramLabel = "FORM",
      description = {
        "zstd (default): compress NARs before they are sent, in a temporary file. none: send them"
            + " as they are, which is faster in a fast network. The server stores them as its"
            + " settings say."
      })
  private Form compression = Form.ZSTD;

  @Option(
      names = "--sign-key",
      paramLabel = "FILE",
      description =
          "A secret key of nix-store --generate-binary-cache-key. Paths are signed with it; the"
              + " signatures of the store are sent in any case.")
  private @Nullable Path signKey;

  @Option(
      names = "--store",
      paramLabel = "URI",
      description = "The Nix store to read, for Nix's option --store.")
  private @Nullable String store;

  @Option(
      names = "--nix-bin",
      paramLabel = "FOLDER",
      description = "The folder with the programs nix and nix-store, if they aren't in PATH.")
  private @Nullable Path programs;

  @Option(names = "--json", description = "Print a line of JSON for each path and at the end.")
  private boolean json;

  /** What a command needs to upload. Closing it ends everything that still runs. */
  static final class Session implements AutoCloseable {
    final NixStore nix;
    final PushProgress progress;
    final Push push;
    private final CacheClient cache;
    private final PrivateFolder folder;
    private final ExecutorService threads;

    private Session(UploadCommand command, URI url, PrivateFolder folder) throws IOException {
      this.folder = folder;
      this.cache = new CacheClient(url, command.token.find(url), TRIES, FIRST_PAUSE);
      this.nix = new NixStore(command.programs, command.store, folder.path());
      this.progress = new PushProgress(command.report());
      this.threads = Executors.newFixedThreadPool(command.jobs, Session::daemon);
      Path key = command.signKey;
      this.push =
          new Push(
              cache,
              nix,
              progress,
              threads,
              new Push.Way(
                  command.compression == Form.ZSTD ? ZstdLibrary.load(folder.path()) : null,
                  key == null ? null : UploadKey.read(key),
                  folder.path()));
    }

    private static Thread daemon(Runnable work) {
      Thread thread = new Thread(work, "narthex-push");
      thread.setDaemon(true);
      return thread;
    }

    /** Ends with the figures of all that was uploaded. */
    void end(Map<String, Long> figures) {
      progress.end(figures);
    }

    @Override
    public void close() {
      threads.shutdownNow();
      cache.close();
      nix.close();
      folder.close();
    }
  }

  /** Opens a session; the caller closes it. */
  final Session open(URI url) throws IOException {
    if (jobs < 1 || jobs > MOST_JOBS) {
      throw new ParameterException(
          spec().commandLine(), "--jobs: a number from 1 to " + MOST_JOBS + " is needed");
    }
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    PrivateFolder folder = PrivateFolder.create(temporary, temporary);
    try {
      return new Session(this, url, folder);
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private JobReport report() {
    JobReport.Style style = Terminal.isPresent() ? JobReport.Style.TERMINAL : JobReport.Style.PLAIN;
    return new JobReport(
        spec().name(),
        json ? JobReport.Style.JSON : style,
        spec().commandLine().getOut(),
        spec().commandLine().getErr());
  }
}
