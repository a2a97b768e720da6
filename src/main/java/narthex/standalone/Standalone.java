package narthex.standalone;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import narthex.standalone.StartupException.Clarity;
import narthex.wiring.Release;
import narthex.wiring.SettingPages;
import narthex.wiring.Settings;
import narthex.wiring.SettingsException;
import narthex.wiring.SettingsSources;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

/** The command line: reads the arguments, starts the server, and waits for the end. */
@Command(
    name = "java -jar narthex.war",
    mixinStandardHelpOptions = true,
    versionProvider = Standalone.VersionLine.class,
    header = "Narthex, a Nix binary cache.",
    description =
        "Starts the server on an embedded Tomcat and runs until it is told to end (SIGTERM).")
public final class Standalone implements Callable<Integer> {

  private static final int STARTUP_FAILED = 1;
  private static final int HELP_WIDTH = 100;

  private static final Logger LOG = Logger.getLogger(Standalone.class.getName());

  /** Held, because the log manager keeps loggers only weakly and would forget the level. */
  private static final Logger TOMCAT = Logger.getLogger("org.apache");

  private static final Logger WELD = Logger.getLogger("org.jboss.weld");

  private final Path folder;
  private final Consumer<Runnable> atExit;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The file with settings (narthex.config-file).")
  private @Nullable Path config;

  private Standalone(Path folder, Consumer<Runnable> atExit) {
    this.folder = folder;
    this.atExit = atExit;
  }

  /**
   * Called by the {@link Launcher} in the class loader of the application.
   *
   * @param folder the unpacked WAR
   * @param atExit takes what must run before the virtual machine ends
   * @return the exit status
   */
  public static int run(String[] arguments, Path folder, Consumer<Runnable> atExit) {
    configureLog();
    CommandLine commandLine = new CommandLine(new Standalone(folder, atExit));
    String settings = SettingPages.printHelp().replace("%", "%%");
    commandLine
        .getCommandSpec()
        .usageMessage()
        .footer(
            "",
            "Settings: -D<name>=<value> before -jar, or in the environment, or in the file of settings.",
            "",
            settings);
    commandLine.setUsageHelpWidth(HELP_WIDTH);
    return commandLine.execute(arguments);
  }

  @Override
  public Integer call() throws InterruptedException {
    if (config != null) {
      System.setProperty("narthex.config-file", config.toAbsolutePath().toString());
    }
    System.setProperty(SettingsSources.STANDALONE, "true");
    EmbeddedServer server;
    try {
      Settings settings = Settings.read(SettingsSources.ofThisProcess());
      server = EmbeddedServer.start(settings.http(), folder);
    } catch (SettingsException wrong) {
      return refuse(wrong.getMessage());
    } catch (StartupException failure) {
      Level level = failure.clarity() == Clarity.CLEAR ? Level.FINE : Level.SEVERE;
      LOG.log(level, "startup failed", failure);
      return refuse(failure.getMessage());
    }
    atExit.accept(server::close);
    System.out.println("narthex ready url=" + server.url());
    new CountDownLatch(1).await(); // until the virtual machine is told to end
    return 0;
  }

  private static int refuse(@Nullable String reason) {
    System.err.println("narthex cannot start: " + reason);
    return STARTUP_FAILED;
  }

  private static void configureLog() {
    if (System.getProperty("java.util.logging.config.file") != null
        || System.getProperty("java.util.logging.config.class") != null) {
      return;
    }
    System.setProperty(
        "org.apache.juli.formatter", OneLineFormatter.class.getName()); // else Tomcat sets its own
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      handler.setFormatter(new OneLineFormatter());
    }
    TOMCAT.setLevel(Level.WARNING);
    WELD.setLevel(Level.WARNING);
  }

  /** The line that {@code --version} prints. */
  static final class VersionLine implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"narthex " + new Release().version()};
    }
  }
}
