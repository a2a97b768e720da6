package narthex.standalone;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that runs the job of its name, on a server or over the data of a stopped one. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Launcher.VersionLine.class,
    sortOptions = false,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:wrong usage",
      "3:done, and something is wrong, or work remains"
    })
abstract class JobCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Option(
      names = "--server",
      paramLabel = "URL",
      description = {
        "The server that does it. Without this option, it is done here, with the data that the"
            + " settings name; no server may be running."
      })
  private @Nullable String server;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "A file with the token of an administrator; without it, "
              + Tokens.VARIABLE
              + " in the environment, or the token that login stored.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The file with settings (narthex.config-file), without --server.")
  private @Nullable Path config;

  @Option(names = "--json", description = "Print each line of the job as JSON.")
  private boolean json;

  /** Adds the options of the job; none by default. */
  void addTo(Map<String, String> options) {
    // it has none
  }

  @Override
  public Integer call() {
    Map<String, String> options = new LinkedHashMap<>();
    addTo(options);
    JobReport report =
        new JobReport(
            spec.name(), style(), spec.commandLine().getOut(), spec.commandLine().getErr());
    if (server != null) {
      URI url = ServerUrl.parse(spec, "--server", server);
      return new RemoteJob(url, token(url)).run(spec.name(), options, report);
    }
    return new LocalJob(config).run(spec.name(), options, report);
  }

  /** Adds an option that is given. */
  static void add(Map<String, String> options, String name, @Nullable String value) {
    if (value != null) {
      options.put(name, value);
    }
  }

  /** Adds an option without a value that is given. */
  static void addIf(boolean isGiven, Map<String, String> options, String name) {
    if (isGiven) {
      options.put(name, "true");
    }
  }

  private JobReport.Style style() {
    if (json) {
      return JobReport.Style.JSON;
    }
    return Terminal.isPresent() ? JobReport.Style.TERMINAL : JobReport.Style.PLAIN;
  }

  private @Nullable String token(URI url) {
    try {
      return Tokens.find(tokenFile, url);
    } catch (IOException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
