package narthex.ingest;

import java.io.IOException;

/** No upstream has the NAR any more: a sure absence, told to those who wait for its flight. */
public final class NarAbsentException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message which NAR, and who was asked
   */
  public NarAbsentException(String message) {
    super(message);
  }
}
