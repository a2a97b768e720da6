package narthex.standalone;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Catches why a web application does not start: Tomcat only logs it. While this is open, nothing
 * that Tomcat's container logs reaches the log. Thread-safe.
 */
final class StartupFailures extends Handler {

  private static final List<String> LOGGERS =
      List.of(
          "org.apache.catalina.core.ContainerBase",
          "org.apache.catalina.core.StandardContext",
          "org.apache.catalina.startup.ContextConfig");

  private final AtomicReference<@Nullable Throwable> first = new AtomicReference<>();
  private final List<Logger> loggers; // held: the log manager itself keeps them only weakly

  StartupFailures() {
    loggers = LOGGERS.stream().map(Logger::getLogger).toList();
    for (Logger logger : loggers) {
      logger.setUseParentHandlers(false);
      logger.addHandler(this);
    }
  }

  /** Returns the first failure so far, as deep as its causes are known. */
  @Nullable Throwable first() {
    return first.get();
  }

  @Override
  public void publish(LogRecord event) {
    if (event.getThrown() != null) {
      first.compareAndSet(null, event.getThrown());
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    for (Logger logger : loggers) {
      logger.removeHandler(this);
      logger.setUseParentHandlers(true);
    }
  }
}
