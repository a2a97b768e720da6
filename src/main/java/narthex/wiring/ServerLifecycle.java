package narthex.wiring;

import jakarta.enterprise.inject.spi.CDI;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import narthex.settings.SettingsSources;
import org.jspecify.annotations.Nullable;

/**
 * Starts and stops Narthex with its deployment. It must be the second listener in {@code web.xml},
 * after {@link CdiBootstrap}, so that CDI is available at its start and its stop.
 */
public final class ServerLifecycle implements ServletContextListener {
  /**
   * The attribute of the servlet context with a {@link Runnable}. It makes {@code /readyz} answer
   * 503, for a server that wants it to before it stops listening.
   */
  public static final String ANNOUNCE_STOP = "narthex.announce-stop";

  private static final System.Logger LOG = System.getLogger(ServerLifecycle.class.getName());

  /**
   * Maximum wait for running requests at the stop. A request that takes longer is blocked by a
   * client that doesn't read.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private @Nullable Deployment deployment;

  @Override
  public void contextInitialized(ServletContextEvent event) {
    try {
      start(event.getServletContext());
    } catch (SettingsException wrong) {
      tell(event.getServletContext(), String.valueOf(wrong.getMessage()));
      throw wrong;
    } catch (IOException e) {
      tell(event.getServletContext(), Opening.reason(e));
      throw new UncheckedIOException(String.valueOf(e.getMessage()), e);
    }
  }

  private void start(ServletContext context) throws IOException {
    Map<String, String> parameters = new HashMap<>();
    for (String name : Collections.list(context.getInitParameterNames())) {
      parameters.put(name, String.valueOf(context.getInitParameter(name)));
    }
    ContextSources sources = ContextSources.of(context.getContextPath(), parameters);
    Settings settings = Settings.read(SettingsSources.ofThisProcess(sources));
    Deployment opening = CDI.current().select(Deployment.class).get();
    opening.open(
        settings,
        sources.path().isEmpty() ? "/" : sources.path(),
        RequestThreads.count(settings.http(), context.getServerInfo()));
    deployment = opening;
    Runnable announceStop = opening::announceStop;
    context.setAttribute(ANNOUNCE_STOP, announceStop);
    LOG.log(
        Level.INFO,
        "started version={0} context={1} dataDir={2} configFile={3} upstreams={4}",
        new Release().version(),
        context.getContextPath(),
        settings.storage().dataDir(),
        settings.configFile(),
        Integer.toString(settings.upstreams().size()));
  }

  /**
   * Logs in one line why the start failed, because Tomcat logs exceptions of listeners to another
   * file. The standalone program prints the reason itself.
   */
  private static void tell(ServletContext context, String reason) {
    if (System.getProperty(SettingsSources.STANDALONE) == null) {
      String path = context.getContextPath();
      LOG.log(
          Level.ERROR,
          "narthex cannot start: context={0} {1}",
          path.isEmpty() ? "/" : path,
          reason);
    }
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    Deployment closing = deployment;
    deployment = null;
    if (closing != null) {
      LOG.log(Level.INFO, "stopping, waits for running requests");
      boolean isQuiet = closing.close(PATIENCE);
      LOG.log(Level.INFO, isQuiet ? "stopped" : "stopped while requests were running");
    }
  }
}
