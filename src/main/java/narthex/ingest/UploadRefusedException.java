package narthex.ingest;

import java.io.IOException;
import narthex.nix.OneLine;

/**
 * What a client wants to put here is not taken, and nothing of it is kept. The message is one line
 * of bounded length for the client, without control characters.
 */
public final class UploadRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why an upload is refused. */
  public enum Reason {
    /** It is malformed, or does not match what it belongs to. */
    WRONG,
    /** No trusted key signed it. */
    NOT_TRUSTED,
    /** There is another one, which stays. */
    CONFLICT,
    /** There is no such thing to put something to. */
    ABSENT,
    /** It has more bytes than are taken. */
    TOO_LARGE,
    /** It comes in a coding that is not understood. */
    UNKNOWN_CODING
  }

  private final Reason reason;

  /**
   * @param reason the kind of refusal
   * @param line what was expected and what came; made one line of at most 400 characters
   */
  public UploadRefusedException(Reason reason, String line) {
    super(OneLine.of(line));
    this.reason = reason;
  }

  /** The kind of refusal. */
  public Reason reason() {
    return reason;
  }

  /** The one line; never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
