package narthex.standalone;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Finds out why a web application doesn't start, which Tomcat only logs. While this is open, it
 * takes the log records of Tomcat's container, and none of them reaches the log. Thread-safe.
 */
final class StartupFailures extends Handler {

  private static final List<String> LOGGERS =
      List.of(
          "org.apache.catalina.core.ContainerBase",
          "org.apache.catalina.core.StandardContext",
          "org.apache.catalina.startup.ContextConfig");

  private final AtomicReference<@Nullable Throwable> first = new AtomicReference<>();
  private final List<Logger> loggers; // strong references: the log manager has weak ones only

  StartupFailures() {
    loggers = LOGGERS.stream().map(Logger::getLogger).toList();
    for (Logger logger : loggers) {
      logger.setUseParentHandlers(false);
      logger.addHandler(this);
    }
  }

  /** The first logged exception; null if there is none. */
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
