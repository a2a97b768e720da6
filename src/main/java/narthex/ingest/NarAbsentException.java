package narthex.ingest;

import java.io.IOException;

/** Every upstream answered that it doesn't have the NAR. */
public final class NarAbsentException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message names the NAR
   */
  public NarAbsentException(String message) {
    super(message);
  }
}
