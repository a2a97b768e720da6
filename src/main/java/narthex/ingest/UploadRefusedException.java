package narthex.ingest;

import java.io.IOException;
import narthex.nix.OneLine;

/**
 * The server refuses an upload. The message is for the client: one line of bounded length, without
 * control characters.
 */
public final class UploadRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why an upload is refused. */
  public enum Reason {
    /** It is malformed, or doesn't match the object it belongs to. */
    WRONG,
    /** No trusted key signed it. */
    NOT_TRUSTED,
    /** A different object of this name is already stored; it is kept. */
    CONFLICT,
    /** The object that the upload belongs to doesn't exist. */
    ABSENT,
    /** It is too large. */
    TOO_LARGE,
    /** Its Content-Encoding is not supported. */
    UNKNOWN_CODING
  }

  private final Reason reason;

  /**
   * @param reason the kind of refusal
   * @param line what was expected and what was received; reduced to one line of at most 400
   *     characters
   */
  public UploadRefusedException(Reason reason, String line) {
    super(OneLine.of(line));
    this.reason = reason;
  }

  /** The kind of refusal. */
  public Reason reason() {
    return reason;
  }

  /** The message for the client; never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
