package narthex.stream;

import java.io.IOException;

/** A stream has more bytes than it may have. */
public final class TooLongException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final long maxBytes;

  /**
   * States the bound.
   *
   * @param what the thing that is too long, for people
   * @param maxBytes how many bytes it may have
   */
  public TooLongException(String what, long maxBytes) {
    super(what + " has more than " + maxBytes + " bytes");
    this.what = what;
    this.maxBytes = maxBytes;
  }

  /** The thing that is too long. */
  public String what() {
    return what;
  }

  /** How many bytes it may have. */
  public long maxBytes() {
    return maxBytes;
  }
}
