package narthex.standalone;

import java.io.IOException;
import java.util.Map;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import narthex.settings.SettingsSources;
import narthex.wiring.OfflineJobs;

/** Runs one job over the data of a server that doesn't run. */
public final class OfflineJob {
  /** Kept in a field, because the log manager has weak references only. */
  private static final Logger ROOT = Logger.getLogger("");

  private OfflineJob() {}

  /**
   * Runs a job. {@link LocalJob} calls this by reflection, in the application's class loader.
   *
   * @param options its options by name
   * @param lines gets the lines of the job
   * @param atExit registers an action to run at shutdown
   * @return 0 if the lines say how it ended, 2 if it was refused
   */
  public static int run(
      String name, Map<String, String> options, Consumer<String> lines, Consumer<Runnable> atExit) {
    LogOutput.prepare();
    Level before = ROOT.getLevel();
    ROOT.setLevel(Level.WARNING); // the job tells what it does
    System.setProperty(SettingsSources.STANDALONE, "true");
    try {
      Settings settings = Settings.read(SettingsSources.ofThisProcess(ContextSources.ROOT));
      try (OfflineJobs jobs = OfflineJobs.open(settings, name)) {
        atExit.accept(jobs::close);
        return jobs.run(name, options, lines) ? 0 : JobReport.USAGE;
      }
    } catch (SettingsException | IOException e) {
      lines.accept(OfflineJobs.error(e));
      return 0;
    } finally {
      ROOT.setLevel(before);
    }
  }
}
