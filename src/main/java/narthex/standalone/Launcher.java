package narthex.standalone;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The main class of the WAR. It parses the command line, unpacks the WAR unless an earlier process
 * left it {@linkplain KeptWar unpacked}, and calls {@link Standalone} in a class loader for the
 * unpacked classes and libraries. Options such as {@code --help} don't unpack the WAR.
 *
 * <p>In the WAR, this package is in {@code META-INF/versions/17} (a multi-release JAR), together
 * with picocli. The {@code java} command finds classes there; application servers neither serve nor
 * load anything from {@code META-INF}.
 */
@Command(
    name = "java -jar narthex.war",
    mixinStandardHelpOptions = true,
    versionProvider = Launcher.VersionLine.class,
    header = "Narthex, a Nix binary cache.",
    description = {
      "Without a command: starts the server on an embedded Tomcat and runs until it gets SIGTERM."
    },
    subcommands = {
      Commands.Collect.class,
      Commands.Evict.class,
      Commands.Stats.class,
      Commands.Fsck.class,
      Commands.Migrate.class,
      BackupCommands.Backup.class,
      BackupCommands.Restore.class,
      Commands.Pin.class,
      Commands.Unpin.class,
      Commands.Pins.class,
      PushCommand.class,
      WatchCommand.class,
      UseCommand.class,
      LoginCommand.class,
      LogoutCommand.class,
      ExtractCommand.class,
      Commands.Completion.class
    })
public final class Launcher implements Callable<Integer> {

  private static final int STARTUP_FAILED = 1;
  private static final int HELP_WIDTH = 100;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The file with settings (narthex.config-file).")
  private @Nullable Path config;

  Launcher() {}

  /**
   * Runs Narthex until the process is terminated.
   *
   * @param arguments the command line; see {@code --help}
   */
  public static void main(String[] arguments) {
    // Libraries print numbers for machines in the default locale. Messages keep their language.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    keepLogOpen();
    if (arguments.length == 0) {
      System.exit(new Launcher().call()); // without picocli, which takes time to load
    }
    System.exit(commandLine().execute(arguments));
  }

  /** Returns the command line with all commands. */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Launcher());
    commandLine.setUsageHelpWidth(HELP_WIDTH);
    commandLine.setExecutionStrategy(Launcher::execute);
    commandLine.setParameterExceptionHandler((wrong, all) -> refuse(wrong));
    return commandLine;
  }

  /**
   * Chooses our log manager, unless the user has set another one. Not a method of its class: to
   * call that would initialize the JDK's, which reads the property then, too early.
   */
  private static void keepLogOpen() {
    if (System.getProperty("java.util.logging.manager") == null) {
      System.setProperty("java.util.logging.manager", PatientLogging.class.getName());
    }
  }

  @Override
  public Integer call() {
    if (config != null) {
      System.setProperty("narthex.config-file", config.toAbsolutePath().toString());
    }
    Unpacking unpacking = new Unpacking();
    try {
      return unpacking.run(
          (loader, war, folder) ->
              (Integer)
                  loader
                      .loadClass("narthex.standalone.Standalone")
                      .getMethod("run", Path.class, Path.class, Consumer.class)
                      .invoke(
                          null,
                          UnpackedWar.webApplication(war),
                          folder,
                          (Consumer<Runnable>) unpacking::atExit));
    } catch (IOException failure) {
      System.err.println("narthex cannot start: " + failure.getMessage());
      return STARTUP_FAILED;
    } catch (InvocationTargetException failure) {
      throw new IllegalStateException("narthex ended unexpectedly", failure.getCause());
    } catch (ReflectiveOperationException incomplete) {
      throw new IllegalStateException("the WAR is incomplete", incomplete);
    }
  }

  private static int execute(ParseResult parsed) {
    if (parsed.isUsageHelpRequested()) {
      parsed
          .commandSpec()
          .usageMessage()
          .footer(
              "",
              "Settings: -D<name>=<value> before -jar, or in the environment, or in the file of"
                  + " settings.",
              "",
              UnpackedWar.settingsPage().replace("%", "%%"));
    }
    return new RunLast().execute(parsed);
  }

  /** Prints one line; picocli would print the whole help page. */
  private static int refuse(ParameterException wrong) {
    String reason = String.valueOf(wrong.getMessage()).lines().findFirst().orElse("");
    String hint = "; see --help";
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      String argument = unmatched.getUnmatched().get(0);
      List<String> similar = unmatched.getSuggestions();
      reason = "unknown argument '" + argument + "'";
      if (argument.contains("narthex.")) {
        String setting = argument.substring(argument.indexOf("narthex."));
        hint = "; settings stand before -jar: java -D" + setting + " -jar narthex.war";
      } else if (!similar.isEmpty()) {
        hint = "; did you mean " + String.join(" or ", similar) + "?";
      }
    }
    CommandLine command = wrong.getCommandLine();
    String what = command.getParent() == null ? "cannot start" : command.getCommandName();
    command.getErr().println("narthex " + what + ": " + reason + hint);
    command.getErr().flush();
    return CommandLine.ExitCode.USAGE;
  }

  /** The line that {@code --version} prints. */
  static final class VersionLine implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"narthex " + Launcher.class.getPackage().getImplementationVersion()};
    }
  }
}
