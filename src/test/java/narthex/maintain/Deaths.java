package narthex.maintain;

import java.util.function.BooleanSupplier;

/** Does steps in which a process may die, and counts those in which it does. For one thread. */
final class Deaths {
  private final BooleanSupplier isKilled;
  private int count;

  /** What a process does. */
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  /**
   * @param isKilled whether the process of the moment is dead
   */
  Deaths(BooleanSupplier isKilled) {
    this.isKilled = isKilled;
  }

  /**
   * Does a step; its failure counts only if the process lives. A process that is dead afterwards
   * must be replaced.
   *
   * @param isKill whether the step is to kill the process, which is then no death in its middle
   * @return whether the process is dead
   */
  boolean in(Work step, boolean isKill) throws Exception {
    try {
      step.run();
    } catch (Exception | AssertionError failure) {
      if (!isKilled.getAsBoolean()) {
        throw failure;
      }
    }
    boolean isDead = isKilled.getAsBoolean();
    count += isDead && !isKill ? 1 : 0;
    return isDead;
  }

  /** How often the process was killed in the middle of a step. */
  int inTheMiddle() {
    return count;
  }
}
