package narthex.standalone;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import narthex.settings.SettingsSources;
import narthex.standalone.StartupException.Clarity;
import org.jspecify.annotations.Nullable;

/** Reads the settings, starts the server, and waits for the end of the process. */
public final class Standalone {

  /** What is printed before the URL of a server that is ready. */
  static final String READY = "narthex ready url=";

  private static final int STARTUP_FAILED = 1;

  /** Time after the start in which the JVM still compiles what the start ran. */
  private static final Duration SETTLING = Duration.ofSeconds(3);

  private static final Logger LOG = Logger.getLogger(Standalone.class.getName());

  /**
   * Spares libraries a search: for a library that logs, and for the XML schema of a file that our
   * build has written.
   */
  private static final Map<String, String> LIBRARIES =
      Map.of("org.jboss.logging.provider", "jdk", "org.jboss.weld.xml.disableValidating", "true");

  private Standalone() {}

  /**
   * Runs the server. The {@link Launcher} calls this by reflection, in the application's class
   * loader.
   *
   * @param webApplication the folder with the web application; nothing writes to it
   * @param folder a private folder of this process
   * @param atExit registers an action to run at shutdown
   * @return the exit status if the server can't start; otherwise doesn't return
   */
  public static int run(Path webApplication, Path folder, Consumer<Runnable> atExit)
      throws InterruptedException {
    LogOutput.prepare();
    System.setProperty(SettingsSources.STANDALONE, "true");
    LIBRARIES.forEach(System.getProperties()::putIfAbsent);
    EmbeddedServer server;
    try {
      Settings settings = Settings.read(SettingsSources.ofThisProcess(ContextSources.ROOT));
      LogOutput.apply(settings.log());
      server = EmbeddedServer.start(settings, webApplication, folder);
    } catch (SettingsException wrong) {
      return refuse(wrong.getMessage());
    } catch (StartupException failure) {
      Level level = failure.clarity() == Clarity.CLEAR ? Level.FINE : Level.SEVERE;
      LOG.log(level, "startup failed", failure);
      return refuse(failure.getMessage());
    }
    atExit.accept(server::close);
    System.out.println(READY + server.url());
    CountDownLatch never = new CountDownLatch(1);
    boolean ended = never.await(SETTLING.toSeconds(), TimeUnit.SECONDS);
    assert !ended;
    StartMemory.release();
    never.await(); // until the process is terminated
    return 0;
  }

  private static int refuse(@Nullable String reason) {
    System.err.println("narthex cannot start: " + reason);
    return STARTUP_FAILED;
  }
}
