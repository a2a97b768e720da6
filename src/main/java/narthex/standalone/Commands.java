package narthex.standalone;

import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The commands beside the start of the server. */
final class Commands {
  private Commands() {}

  /** {@code collect}. */
  @Command(
      name = "collect",
      header = "Remove what nothing refers to any more.",
      description = {
        "Deletes NARs without a narinfo, blobs without a row and chunks without a NAR, and compacts"
            + " packs, as the server does in the background. Waits for the time after which a blob"
            + " may be deleted."
      })
  static final class Collect extends JobCommand {
    @Option(names = "--dry-run", description = "Only count what could be removed.")
    private boolean dryRun;

    @Override
    void addTo(Map<String, String> options) {
      addIf(dryRun, options, "dry-run");
    }
  }

  /** {@code evict}. */
  @Command(
      name = "evict",
      header = "Delete the least recently used NARs.",
      description = {
        "Evicts NARs that can be fetched again, until so much is free or stored, and deletes what"
            + " they leave. What the settings spare stays."
      })
  static final class Evict extends JobCommand {
    @Option(names = "--bytes", paramLabel = "SIZE", description = "Free so much, such as 10GiB.")
    private @Nullable String bytes;

    @Option(names = "--to", paramLabel = "SIZE", description = "Keep so much, such as 50GiB.")
    private @Nullable String to;

    @Option(names = "--dry-run", description = "Only count what would be evicted.")
    private boolean dryRun;

    @Override
    void addTo(Map<String, String> options) {
      add(options, "bytes", bytes);
      add(options, "to", to);
      addIf(dryRun, options, "dry-run");
    }
  }

  /** {@code stats}. */
  @Command(name = "stats", header = "Show what is stored.")
  static final class Stats extends JobCommand {}

  /** {@code fsck}. */
  @Command(
      name = "fsck",
      header = "Check that all that is stored is complete and right.",
      description = "A check that was stopped goes on where it was.")
  static final class Fsck extends JobCommand {
    @Option(names = "--deep", description = "Also compare every NAR with its NarHash.")
    private boolean deep;

    @Option(
        names = "--repair",
        description = "Fetch again what can be had, and drop what can't be served.")
    private boolean repair;

    @Option(
        names = "--path",
        paramLabel = "PATH",
        description = "Check only this store path, with every byte of its NAR.")
    private @Nullable String path;

    @Option(names = "--restart", description = "Begin at the start.")
    private boolean restart;

    @Option(names = "--rate", paramLabel = "SIZE", description = "Read at most so much a second.")
    private @Nullable String rate;

    @Override
    void addTo(Map<String, String> options) {
      addIf(deep, options, "deep");
      addIf(repair, options, "repair");
      addIf(restart, options, "restart");
      add(options, "path", path);
      add(options, "rate", rate);
    }
  }

  /** {@code migrate}. */
  @Command(
      name = "migrate",
      header = "Change how all NARs are stored, or copy them to another store.",
      description = "Needs either --to or --blobs.")
  static final class Migrate extends JobCommand {
    @Option(names = "--to", paramLabel = "FORM", description = "chunks, or whole for whole files.")
    private @Nullable String to;

    @Option(
        names = "--blobs",
        paramLabel = "URL",
        description = "Copy all blobs to this directory or bucket, as in narthex.blob.url.")
    private @Nullable String blobs;

    @Option(
        names = "--keys-file",
        paramLabel = "FILE",
        description = "File of the server with access-key=… and secret-key=… of the bucket.")
    private @Nullable String keysFile;

    @Option(names = "--rate", paramLabel = "SIZE", description = "Work on so much a second.")
    private @Nullable String rate;

    @Override
    void addTo(Map<String, String> options) {
      add(options, "to", to);
      add(options, "blobs", blobs);
      add(options, "keys-file", keysFile);
      add(options, "rate", rate);
    }
  }

  /** {@code pin}. */
  @Command(
      name = "pin",
      header = "Keep a path and all that it refers to.",
      description = "Fetches what is missing, and never evicts it.")
  static final class Pin extends JobCommand {
    @Parameters(paramLabel = "PATH", description = "A store path, or its hash.")
    private String path = "";

    @Option(names = "--name", paramLabel = "NAME", description = "A name, for the list of pins.")
    private @Nullable String name;

    @Option(
        names = "--expires",
        paramLabel = "TIME",
        description = "When the pin ends: a time, or a duration such as 30d.")
    private @Nullable String expires;

    @Override
    void addTo(Map<String, String> options) {
      options.put("path", path);
      add(options, "name", name);
      add(options, "expires", expires);
    }
  }

  /** {@code unpin}. */
  @Command(name = "unpin", header = "End a pin.")
  static final class Unpin extends JobCommand {
    @Parameters(paramLabel = "PATH", description = "A store path, or its hash.")
    private String path = "";

    @Override
    void addTo(Map<String, String> options) {
      options.put("path", path);
    }
  }

  /** {@code pins}. */
  @Command(name = "pins", header = "List the pins.")
  static final class Pins extends JobCommand {}

  /** {@code generate-completion}. */
  @Command(
      name = "generate-completion",
      mixinStandardHelpOptions = true,
      header = "Print a completion script for bash and zsh.",
      description = {
        "It completes a command named narthex, such as the alias in this example:",
        "  alias narthex='java -jar /opt/narthex.war'",
        "  source <(narthex generate-completion)"
      })
  static final class Completion implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
      spec.commandLine().getOut().print(AutoComplete.bash("narthex", Launcher.commandLine()));
      spec.commandLine().getOut().flush();
      return 0;
    }
  }
}
