package narthex.wiring;

import jakarta.enterprise.inject.spi.CDI;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import org.jspecify.annotations.Nullable;

/**
 * Starts CDI where the server brings none (Tomcat), and leaves it alone where it does (WildFly). It
 * must be the first listener of {@code web.xml}.
 *
 * <p>Weld's own initializer is switched off by {@code <absolute-ordering/>}, because it breaks
 * deployments on servers with CDI. Weld's request listener is not forwarded to either: our beans
 * are only {@code @ApplicationScoped} or {@code @Dependent}, and a request that activates no scope
 * costs nothing. Injection into servlets and filters does not need it.
 */
public final class CdiBootstrap implements ServletContextListener {

  private @Nullable ServletContextListener weld;

  @Override
  public void contextInitialized(ServletContextEvent event) {
    if (serverHasCdi()) {
      return;
    }
    ServletContextListener started = BundledWeld.listener();
    started.contextInitialized(event);
    weld = started;
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    if (weld != null) {
      weld.contextDestroyed(event);
      weld = null;
    }
    RecordLinkage.forgetOurs(); // the last thing that happens here
  }

  private static boolean serverHasCdi() {
    try {
      CDI.current().getBeanManager();
      return true;
    } catch (
        IllegalStateException absent) { // "Unable to access CDI": what the specification prescribes
      return false;
    }
  }

  /** Loaded only where it is used: on WildFly the bundled Weld must not be touched. */
  private static final class BundledWeld {
    static ServletContextListener listener() {
      return new org.jboss.weld.environment.servlet.Listener();
    }
  }
}
