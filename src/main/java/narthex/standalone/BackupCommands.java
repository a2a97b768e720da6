package narthex.standalone;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands for backups. */
final class BackupCommands {
  private BackupCommands() {}

  /** {@code backup}. */
  @Command(
      name = "backup",
      header = "Copy everything to a folder, while clients are served.",
      description = {
        "Copies the SQLite database, the blobs that the folder lacks, and the signing keys. The"
            + " same folder can be used again and again; a backup that was stopped goes on where it"
            + " was. With PostgreSQL, use pg_dump and the command migrate."
      })
  static final class Backup extends JobCommand {
    @Parameters(paramLabel = "FOLDER", description = "An absolute path, on the server.")
    private String to = "";

    @Option(names = "--without-keys", description = "Don't copy the signing keys.")
    private boolean withoutKeys;

    @Option(
        names = "--prune",
        description = "Delete blobs of earlier backups that this one doesn't need.")
    private boolean prune;

    @Option(names = "--rate", paramLabel = "SIZE", description = "Read at most so much a second.")
    private @Nullable String rate;

    @Override
    void addTo(Map<String, String> options) {
      options.put("to", to);
      addIf(withoutKeys, options, "without-keys");
      addIf(prune, options, "prune");
      add(options, "rate", rate);
    }
  }

  /** {@code restore}. */
  @Command(
      name = "restore",
      header = "Copy a backup to an empty data folder, and check it.",
      description =
          "Uses the settings of the server, which must not run. Existing signing keys stay.")
  static final class Restore extends JobCommand {
    @Parameters(paramLabel = "FOLDER", description = "The absolute path of the backup.")
    private String from = "";

    @Option(names = "--rate", paramLabel = "SIZE", description = "Read at most so much a second.")
    private @Nullable String rate;

    @Override
    void addTo(Map<String, String> options) {
      options.put("from", from);
      add(options, "rate", rate);
    }
  }
}
