package narthex.wiring;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import narthex.blob.BlobStore;
import narthex.maintain.FsckJob;
import narthex.maintain.Job;
import narthex.maintain.JobOptions;
import narthex.maintain.JobRefusedException;
import narthex.maintain.JobRefusedException.Reason;
import narthex.maintain.JobResult;
import narthex.maintain.JobResult.Verdict;
import narthex.maintain.Progress;
import narthex.maintain.Restore;
import narthex.settings.Settings;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderShare;

/**
 * The job {@code restore}: copies a backup to the empty data folder of the settings, and checks it.
 * Options: {@code from}, {@code rate}. Only a command has it: a server has data already.
 */
final class RestoreJob implements Job {
  static final String NAME = "restore";

  private final Settings settings;
  private final Executor transfers;

  /**
   * @param transfers runs the transfers of a bucket, each at once
   */
  RestoreJob(Settings settings, Executor transfers) {
    this.settings = settings;
    this.transfers = transfers;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Work prepare(JobOptions options) throws JobRefusedException {
    Optional<Restore> from = options.parsed("from", Restore::parse);
    long rate = options.bytes("rate").orElse(0);
    if (from.isEmpty()) {
      throw refused("option from: is missing");
    }
    Path database =
        Policies.database(settings.database())
            .sqliteFile()
            .map(Path::of)
            .orElseThrow(() -> refused("only an SQLite database can be restored"));
    requireEmpty(settings.storage().dataDir());
    if (Files.exists(database)) {
      throw refused("there is a database already: " + database);
    }
    return progress -> run(from.get(), database, rate, progress);
  }

  private static void requireEmpty(Path folder) throws JobRefusedException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isPresent()) {
        throw refused("the data folder is not empty: " + folder);
      }
    } catch (IOException e) {
      throw refused("the data folder can't be read: " + Opening.reason(e));
    }
  }

  private static JobRefusedException refused(String reason) {
    return new JobRefusedException(Reason.WRONG_OPTION, reason);
  }

  private JobResult run(Restore from, Path database, long rate, Progress progress)
      throws IOException {
    JobResult copied = copy(from, database, rate, progress);
    if (copied.verdict() == Verdict.UNFINISHED) {
      progress.tell("empty the data folder and begin again: " + settings.storage().dataDir());
      return copied;
    }
    JobResult checked = check(progress);
    Map<String, Object> figures = new LinkedHashMap<>(copied.figures());
    checked
        .figures()
        .forEach(
            (name, value) -> {
              String first = name.substring(0, 1).toUpperCase(Locale.ROOT);
              figures.put("check" + first + name.substring(1), value);
            });
    return new JobResult(
        copied.verdict() == Verdict.DONE ? checked.verdict() : copied.verdict(), figures);
  }

  private JobResult copy(Restore from, Path database, long rate, Progress progress)
      throws IOException {
    DecoderShare decoders =
        DecoderBudget.inHeap(Policies.chunks(settings).sizes().max())
            .share(DecoderBudget.Work.BACKGROUND);
    try (DataFolder held = DataFolder.hold(settings.storage().dataDir(), "command " + NAME);
        BlobStore blobs = BlobStores.open(settings.storage(), transfers)) {
      return from.run(database, settings.signing().keyFiles(), blobs, decoders, rate, progress);
    }
  }

  /** Checks the restored data as {@code fsck} does. */
  private JobResult check(Progress progress) throws IOException {
    Backbone backbone = new Backbone(settings, "command " + NAME);
    try {
      FsckJob fsck =
          new FsckJob(
              FsckAssembly.fsck(
                  backbone.base(), backbone.assembly(), settings.uploading().grace()));
      return fsck.prepare(new JobOptions(Map.of("restart", "true"))).run(progress);
    } catch (JobRefusedException e) {
      throw new IllegalStateException(e);
    } finally {
      backbone.close();
    }
  }
}
