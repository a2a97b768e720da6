package narthex.stream;

import java.io.IOException;

/**
 * The bytes are not a valid NAR: damaged, truncated, followed by other bytes, or something else.
 * The message is one line of bounded length, starts with {@code not a NAR:}, and has no control
 * characters.
 */
public final class NotNarException extends IOException {
  private static final long serialVersionUID = 1L;

  private final long offset;

  NotNarException(String reason, long offset) {
    super("not a NAR: " + reason + " at byte " + offset);
    this.offset = offset;
  }

  /** Offset at which the error was found, in bytes. */
  public long offset() {
    return offset;
  }
}
