package narthex.standalone;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.ArrayList;
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
    description = "Starts the server on an embedded Tomcat and runs until it gets SIGTERM.")
public final class Launcher implements Callable<Integer> {

  private static final int STARTUP_FAILED = 1;
  private static final int HELP_WIDTH = 100;

  /** Where systemd names the folder of a unit's {@code CacheDirectory}. */
  private static final String CACHE_VARIABLE = "CACHE_DIRECTORY";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The file with settings (narthex.config-file).")
  private @Nullable Path config;

  private Launcher() {}

  /**
   * Runs Narthex until the process is terminated.
   *
   * @param arguments the command line; see {@code --help}
   */
  public static void main(String[] arguments) {
    // Libraries print numbers for machines in the default locale. Messages keep their language.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    PatientLogging.install();
    if (arguments.length == 0) {
      System.exit(new Launcher().call()); // without picocli, which takes time to load
    }
    CommandLine commandLine = new CommandLine(new Launcher());
    commandLine.setUsageHelpWidth(HELP_WIDTH);
    commandLine.setExecutionStrategy(Launcher::execute);
    commandLine.setParameterExceptionHandler((wrong, all) -> refuse(wrong));
    System.exit(commandLine.execute(arguments));
  }

  @Override
  public Integer call() {
    if (config != null) {
      System.setProperty("narthex.config-file", config.toAbsolutePath().toString());
    }
    String cache = System.getenv(CACHE_VARIABLE);
    boolean isTemporary = cache == null || cache.isEmpty();
    String parent = isTemporary ? System.getProperty("java.io.tmpdir") : cache;
    List<Runnable> atExit = new ArrayList<>(); // guarded by itself
    PrivateFolder folder;
    Path war;
    ClassLoader loader;
    try (WarFile packed = WarFile.open(UnpackedWar.ownWar())) {
      KeptWar kept = KeptWar.claim(packed, Path.of(parent));
      folder = PrivateFolder.create(Path.of(parent), kept.lockFile());
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> end(atExit, folder, kept), "narthex-shutdown"));
      war = kept.unpacked(folder.path());
      loader = IndexedClassLoader.of(war);
    } catch (IOException failure) {
      System.err.println(
          "narthex cannot start: "
              + (isTemporary ? "java.io.tmpdir" : CACHE_VARIABLE)
              + ": cannot unpack the WAR into "
              + parent
              + ": "
              + failure);
      return STARTUP_FAILED;
    }
    return run(loader, war, folder.path(), action -> remember(atExit, action));
  }

  private static int run(ClassLoader loader, Path war, Path folder, Consumer<Runnable> atExit) {
    // Unpack native libraries of SQLite, zstd and Brotli into the folder, which is deleted at exit.
    System.setProperty("org.sqlite.tmpdir", folder.toString());
    System.setProperty("ZstdTempFolder", folder.toString());
    System.setProperty("java.io.tmpdir", folder.toString()); // for Brotli
    Thread.currentThread().setContextClassLoader(loader);
    try {
      Object status =
          loader
              .loadClass("narthex.standalone.Standalone")
              .getMethod("run", Path.class, Path.class, Consumer.class)
              .invoke(null, UnpackedWar.webApplication(war), folder, atExit);
      return (Integer) status;
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
    System.err.println("narthex cannot start: " + reason + hint);
    return CommandLine.ExitCode.USAGE;
  }

  private static void remember(List<Runnable> atExit, Runnable action) {
    synchronized (atExit) {
      atExit.add(action);
    }
  }

  private static void end(List<Runnable> atExit, PrivateFolder folder, KeptWar kept) {
    try {
      List<Runnable> all;
      synchronized (atExit) {
        all = List.copyOf(atExit);
      }
      all.forEach(Runnable::run);
    } finally {
      folder.close();
      kept.close();
      PatientLogging.letGo();
    }
  }

  /** The line that {@code --version} prints. */
  static final class VersionLine implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"narthex " + Launcher.class.getPackage().getImplementationVersion()};
    }
  }
}
