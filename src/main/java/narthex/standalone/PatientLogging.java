package narthex.standalone;

import java.util.logging.LogManager;

/**
 * Keeps the log open until Narthex has ended: the JDK's own log manager closes it as soon as the
 * virtual machine begins to end, and what happens during the end would be lost. Thread-safe.
 */
public final class PatientLogging extends LogManager {

  private volatile boolean reset;
  private volatile boolean ended;

  /** Called by the JDK. */
  public PatientLogging() {}

  /**
   * Takes effect only before the first line is logged, and only if the user names no other log
   * manager.
   */
  static void install() {
    if (System.getProperty("java.util.logging.manager") == null) {
      System.setProperty("java.util.logging.manager", PatientLogging.class.getName());
    }
  }

  /** Closes the log. */
  static void letGo() {
    if (LogManager.getLogManager() instanceof PatientLogging patient) {
      patient.ended = true;
      patient.reset();
    }
  }

  @Override
  public void reset() {
    if (!reset || ended) { // the first time it is the JDK that reads the configuration
      reset = true;
      super.reset();
    }
  }
}
