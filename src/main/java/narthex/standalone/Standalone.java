package narthex.standalone;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.logging.Handler;
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

  private static final int STARTUP_FAILED = 1;

  private static final Logger LOG = Logger.getLogger(Standalone.class.getName());

  /** Kept in a field, because the log manager has weak references only and would lose the level. */
  private static final Logger TOMCAT = Logger.getLogger("org.apache");

  /** Kept for the same reason. Narthex itself logs members and calls that failed. */
  private static final Logger INFINISPAN = Logger.getLogger("org.infinispan");

  private static final Logger JGROUPS = Logger.getLogger("org.jgroups");

  private static final Logger WELD = Logger.getLogger("org.jboss.weld");

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
    configureLog();
    System.setProperty(SettingsSources.STANDALONE, "true");
    EmbeddedServer server;
    try {
      Settings settings = Settings.read(SettingsSources.ofThisProcess(ContextSources.ROOT));
      server = EmbeddedServer.start(settings.http(), webApplication, folder);
    } catch (SettingsException wrong) {
      return refuse(wrong.getMessage());
    } catch (StartupException failure) {
      Level level = failure.clarity() == Clarity.CLEAR ? Level.FINE : Level.SEVERE;
      LOG.log(level, "startup failed", failure);
      return refuse(failure.getMessage());
    }
    atExit.accept(server::close);
    System.out.println("narthex ready url=" + server.url());
    new CountDownLatch(1).await(); // until the process is terminated
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
        "org.apache.juli.formatter", OneLineFormatter.class.getName()); // replaces Tomcat's
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      handler.setFormatter(new OneLineFormatter());
    }
    TOMCAT.setLevel(Level.WARNING);
    INFINISPAN.setLevel(Level.SEVERE); // it warns of lost data whenever a replica leaves
    JGROUPS.setLevel(Level.WARNING);
    WELD.setLevel(Level.WARNING);
  }
}
