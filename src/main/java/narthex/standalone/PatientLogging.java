package narthex.standalone;

import java.util.logging.LogManager;

/**
 * A log manager that keeps the log open during shutdown. The JDK's log manager closes it when the
 * shutdown begins, which would lose the log lines of stopping Narthex. Thread-safe.
 */
public final class PatientLogging extends LogManager {

  private volatile boolean reset;
  private volatile boolean ended;

  /** Public because the JDK creates it by class name. */
  public PatientLogging() {}

  /**
   * Sets this log manager, unless the user has set another one. Call it before anything is logged.
   */
  static void install() {
    if (System.getProperty("java.util.logging.manager") == null) {
      System.setProperty("java.util.logging.manager", PatientLogging.class.getName());
    }
  }

  /** Closes the log at the end of the shutdown. */
  static void letGo() {
    if (LogManager.getLogManager() instanceof PatientLogging patient) {
      patient.ended = true;
      patient.reset();
    }
  }

  @Override
  public void reset() {
    if (!reset || ended) { // the first call comes from reading the configuration
      reset = true;
      super.reset();
    }
  }
}
