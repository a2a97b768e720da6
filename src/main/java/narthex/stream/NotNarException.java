package narthex.stream;

import java.io.IOException;

/**
 * Bytes that are not a NAR: damaged, truncated, followed by something, or never one. The message is
 * one line that starts with {@code not a NAR:}, of bounded length and without control characters.
 */
public final class NotNarException extends IOException {
  private static final long serialVersionUID = 1L;

  private final long offset;

  NotNarException(String reason, long offset) {
    super("not a NAR: " + reason + " at byte " + offset);
    this.offset = offset;
  }

  /** How many bytes before the place of the trouble were right. */
  public long offset() {
    return offset;
  }
}
