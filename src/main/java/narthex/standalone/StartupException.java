package narthex.standalone;

import org.jspecify.annotations.Nullable;

/** The server can't start. The message is one line for the administrator. */
final class StartupException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Whether the log needs the stack trace. */
  enum Clarity {
    /** The message alone explains the failure. */
    CLEAR,
    /** The stack trace is needed. */
    UNEXPECTED
  }

  private final Clarity clarity;

  StartupException(String message, @Nullable Throwable cause, Clarity clarity) {
    super(message, cause);
    this.clarity = clarity;
  }

  Clarity clarity() {
    return clarity;
  }
}
