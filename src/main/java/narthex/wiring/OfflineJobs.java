package narthex.wiring;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import narthex.maintain.JobRefusedException;
import narthex.maintain.JobRun;
import narthex.maintain.Jobs;
import narthex.settings.ClusterSettings;
import narthex.settings.ServerSettings;
import narthex.settings.Settings;
import narthex.settings.SettingsException;

/**
 * The jobs of a server that doesn't run: over its data, without HTTP and without background work.
 */
public final class OfflineJobs implements Closeable {
  private final Closeable resources;
  private final Jobs jobs;

  private OfflineJobs(Closeable resources, Jobs jobs) {
    this.resources = resources;
    this.jobs = jobs;
  }

  /**
   * Opens the data.
   *
   * @param command what is run, for the lock file
   * @throws IOException if the database can't be read
   * @throws SettingsException if there is no data, a server holds it, or it is that of a cluster
   */
  public static OfflineJobs open(Settings settings, String command) throws IOException {
    if (settings.cluster().enabled()) {
      throw settings.problem(
          ClusterSettings.ENABLED, "other replicas may be running; ask one of them with --server");
    }
    if (command.equals(RestoreJob.NAME)) {
      return restoring(settings);
    }
    if (!Files.isDirectory(settings.storage().dataDir())) {
      throw settings.problem(
          ServerSettings.DATA_DIR, settings.storage().dataDir() + ": there is no such folder");
    }
    Backbone backbone = new Backbone(settings, "command " + command);
    Jobs jobs =
        JobAssembly.jobs(backbone, Maintenance.idle(backbone), JobAssembly.statistics(backbone));
    return new OfflineJobs(backbone, jobs);
  }

  /** Opens nothing: the only job creates the data. */
  private static OfflineJobs restoring(Settings settings) {
    ExecutorService threads = ThreadPools.unbounded("narthex");
    Jobs jobs = new Jobs(List.of(new RestoreJob(settings, threads)), threads);
    return new OfflineJobs(() -> ThreadPools.stop(threads), jobs);
  }

  /**
   * Runs a job and passes on its lines, those of the administration over HTTP.
   *
   * @return false if the job was refused; then the only line has the reason
   * @throws IOException if the thread is interrupted
   */
  public boolean run(String name, Map<String, String> options, Consumer<String> lines)
      throws IOException {
    JobRun run;
    try {
      run = jobs.start(name, options);
    } catch (JobRefusedException e) {
      lines.accept(JobRun.error(e.getMessage()));
      return false;
    }
    run.follow(
        new JobRun.Reader() {
          @Override
          public void read(List<String> some) {
            some.forEach(lines);
          }

          @Override
          public void look() {
            // a command is followed to its end
          }
        });
    return true;
  }

  /** Returns the line that says why the data can't be opened. */
  public static String error(Exception failure) {
    return JobRun.error(
        failure instanceof IOException io
            ? Opening.reason(io)
            : String.valueOf(failure.getMessage()));
  }

  @Override
  public void close() {
    jobs.stop();
    try {
      resources.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
