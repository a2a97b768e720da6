package narthex.wiring;

import jakarta.enterprise.inject.spi.CDI;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import org.jspecify.annotations.Nullable;

/**
 * Starts CDI if the server doesn't provide it (Tomcat). Does nothing if it does (WildFly). It must
 * be the first listener in {@code web.xml}.
 *
 * <p>Weld's own initializer is switched off by {@code <absolute-ordering/>}, because it breaks
 * deployments on servers with CDI. Request events aren't forwarded to Weld's listener: our beans
 * are only singletons, so no request needs a scope. Injection into servlets and filters works
 * without one.
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
    LibraryThreadGroups.destroyOurs();
    RecordLinkage.forgetOurs(); // last, when no record is used any more
  }

  private static boolean serverHasCdi() {
    try {
      CDI.current().getBeanManager();
      return true;
    } catch (IllegalStateException absent) { // CDI.current() must throw this if there is no CDI
      return false;
    }
  }

  /** Loads Weld's classes on first use only: on WildFly the bundled Weld must not be loaded. */
  private static final class BundledWeld {
    static ServletContextListener listener() {
      return new org.jboss.weld.environment.servlet.Listener();
    }
  }
}
