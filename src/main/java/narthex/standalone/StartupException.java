package narthex.standalone;

import org.jspecify.annotations.Nullable;

/** The server cannot start. The message is one line for people. */
final class StartupException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Whether the message says all, so that nobody needs a stack trace. */
  enum Clarity {
    CLEAR,
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
