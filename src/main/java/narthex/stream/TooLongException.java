package narthex.stream;

import java.io.IOException;

/** A stream is longer than allowed. */
public final class TooLongException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final long maxBytes;

  /**
   * @param what the name of the content, for the message
   * @param maxBytes longest allowed length
   */
  public TooLongException(String what, long maxBytes) {
    super(what + " has more than " + maxBytes + " bytes");
    this.what = what;
    this.maxBytes = maxBytes;
  }

  /** The name of the content. */
  public String what() {
    return what;
  }

  /** Longest allowed length. */
  public long maxBytes() {
    return maxBytes;
  }
}
