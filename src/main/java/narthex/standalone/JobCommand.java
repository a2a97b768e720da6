package narthex.standalone;

import java.io.Console;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
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
  /** The token in the environment, so that it is in no file and no list of processes. */
  static final String TOKEN_VARIABLE = "NARTHEX_TOKEN";

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
          "A file with the token of an administrator; without it, " + TOKEN_VARIABLE + ".")
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
      return new RemoteJob(url(server), token()).run(spec.name(), options, report);
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
    return isTerminal(System.console()) ? JobReport.Style.TERMINAL : JobReport.Style.PLAIN;
  }

  /** Since Java 22, there is a console even without a terminal. */
  private static boolean isTerminal(@Nullable Console console) {
    try {
      return console != null && (Boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException older) {
      return console != null;
    } catch (ReflectiveOperationException unknown) {
      return false;
    }
  }

  private URI url(String text) {
    try {
      URI url = new URI(text);
      if (url.getHost() != null && String.valueOf(url.getScheme()).matches("https?")) {
        return url;
      }
    } catch (URISyntaxException malformed) {
      // said below
    }
    throw new ParameterException(spec.commandLine(), "--server: not an http:// or https:// URL");
  }

  private @Nullable String token() {
    if (tokenFile == null) {
      return System.getenv(TOKEN_VARIABLE);
    }
    try {
      return Files.readAllLines(tokenFile).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .findFirst()
          .orElseThrow(() -> wrongTokenFile("contains no token"));
    } catch (IOException e) {
      throw wrongTokenFile("cannot be read");
    }
  }

  private ParameterException wrongTokenFile(String reason) {
    return new ParameterException(spec.commandLine(), "--token-file: " + tokenFile + " " + reason);
  }
}
