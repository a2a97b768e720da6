package narthex.maintain;

import java.io.IOException;
import narthex.nix.OneLine;

/** A {@link Job} doesn't begin. The message is one line for who asked. */
public final class JobRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why a job doesn't begin. */
  public enum Reason {
    /** There is no job of this name. */
    UNKNOWN,
    /** An option doesn't exist or has a wrong value. */
    WRONG_OPTION,
    /** A job of this name runs already. */
    RUNNING,
    /** The server stops. */
    STOPPING
  }

  private final Reason reason;

  /**
   * @param line what is wrong; reduced to one line of at most 400 characters
   */
  public JobRefusedException(Reason reason, String line) {
    super(OneLine.of(line));
    this.reason = reason;
  }

  /** Why the job doesn't begin. */
  public Reason reason() {
    return reason;
  }

  /** The line for who asked; never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
