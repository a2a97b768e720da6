package narthex.standalone;

import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import narthex.settings.LogSettings;
import narthex.settings.LogSettings.Format;

/**
 * The log of the standalone server, on standard error. Changes nothing if the administrator has
 * configured {@code java.util.logging}.
 */
final class LogOutput {
  // The LogManager holds loggers weakly, and would forget the level of one that is collected.
  private static final Logger ROOT = Logger.getLogger("");
  private static final Logger NARTHEX = Logger.getLogger("narthex");
  private static final Logger ACCESS = Logger.getLogger("narthex.access");
  private static final Logger TOMCAT = Logger.getLogger("org.apache");
  private static final Logger INFINISPAN = Logger.getLogger("org.infinispan");
  private static final Logger JGROUPS = Logger.getLogger("org.jgroups");
  private static final Logger WELD = Logger.getLogger("org.jboss.weld");

  private LogOutput() {}

  /** Logs INFO as text; for messages before the settings are read. */
  static void prepare() {
    if (isConfigured()) {
      return;
    }
    write(new OneLineFormatter());
    TOMCAT.setLevel(Level.WARNING);
    INFINISPAN.setLevel(Level.SEVERE); // it warns of lost data whenever a replica leaves
    JGROUPS.setLevel(Level.WARNING);
    WELD.setLevel(Level.WARNING);
  }

  /** Logs what the settings want, as they want it. */
  static void apply(LogSettings settings) {
    if (isConfigured()) {
      return;
    }
    if (settings.format() == Format.JSON) {
      write(new JsonFormatter());
    }
    Level most =
        switch (settings.level()) {
          case ERROR -> Level.SEVERE;
          case WARNING -> Level.WARNING;
          case INFO -> Level.INFO;
          case ACCESS, DEBUG -> Level.FINE;
        };
    for (Handler handler : ROOT.getHandlers()) {
      handler.setLevel(most);
    }
    switch (settings.level()) {
      case ERROR, WARNING, INFO -> NARTHEX.setLevel(most);
      case ACCESS -> ACCESS.setLevel(most);
      case DEBUG -> NARTHEX.setLevel(most);
    }
  }

  private static boolean isConfigured() {
    return System.getProperty("java.util.logging.config.file") != null
        || System.getProperty("java.util.logging.config.class") != null;
  }

  private static void write(Formatter formatter) {
    System.setProperty("org.apache.juli.formatter", formatter.getClass().getName()); // Tomcat's
    for (Handler handler : ROOT.getHandlers()) {
      handler.setFormatter(formatter);
    }
  }
}
