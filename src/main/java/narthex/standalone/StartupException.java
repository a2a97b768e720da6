package narthex.standalone;

import org.jspecify.annotations.Nullable;

/** The server cannot start. The message is one line for people. */
final class StartupException extends Exception {

  private static final long serialVersionUID = 1L;

  StartupException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
