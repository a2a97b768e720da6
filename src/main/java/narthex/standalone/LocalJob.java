package narthex.standalone;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs a job here, over the data of a server that doesn't run. */
final class LocalJob {
  private final @Nullable Path config;

  /**
   * @param config the file with settings; null for the usual one
   */
  LocalJob(@Nullable Path config) {
    this.config = config;
  }

  /** Runs the job, and shows it. Returns the exit status. */
  int run(String name, Map<String, String> options, JobReport report) {
    if (config != null) {
      System.setProperty("narthex.config-file", config.toAbsolutePath().toString());
    }
    Consumer<String> lines =
        line -> {
          try {
            report.show(line);
          } catch (IOException e) {
            report.fail(String.valueOf(e.getMessage()));
          }
        };
    Unpacking unpacking = new Unpacking();
    try {
      int status =
          unpacking.run(
              (loader, war, folder) ->
                  (Integer)
                      loader
                          .loadClass("narthex.standalone.OfflineJob")
                          .getMethod("run", String.class, Map.class, Consumer.class, Consumer.class)
                          .invoke(
                              null, name, options, lines, (Consumer<Runnable>) unpacking::atExit));
      return status == JobReport.USAGE ? status : report.end();
    } catch (IOException e) {
      report.fail(String.valueOf(e.getMessage()));
      return report.end();
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("narthex ended unexpectedly", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the WAR is incomplete", e);
    }
  }
}
