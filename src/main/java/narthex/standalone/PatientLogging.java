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
