package narthex.wiring;

import jakarta.enterprise.inject.spi.CDI;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Starts and stops the server with its deployment. The second listener of {@code web.xml}: CDI is
 * there when it starts and still there when it stops.
 */
public final class ServerLifecycle implements ServletContextListener {
  private static final System.Logger LOG = System.getLogger(ServerLifecycle.class.getName());

  /** A request that is not done by then waits for a client that does not read. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private @Nullable Deployment deployment;

  @Override
  public void contextInitialized(ServletContextEvent event) {
    Settings settings = Settings.read(SettingsSources.ofThisProcess());
    Deployment opening = CDI.current().select(Deployment.class).get();
    try {
      String server = event.getServletContext().getServerInfo();
      opening.open(settings, RequestThreads.count(settings.http(), server));
    } catch (IOException e) {
      throw new UncheckedIOException(String.valueOf(e.getMessage()), e);
    }
    deployment = opening;
    LOG.log(
        Level.INFO,
        "started version={0} context={1} dataDir={2} configFile={3} upstreams={4}",
        new Release().version(),
        event.getServletContext().getContextPath(),
        settings.storage().dataDir(),
        settings.configFile(),
        settings.upstreams().size());
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    Deployment closing = deployment;
    deployment = null;
    if (closing != null) {
      boolean isQuiet = closing.close(PATIENCE);
      LOG.log(Level.INFO, isQuiet ? "stopped" : "stopped while requests were running");
    }
  }
}
