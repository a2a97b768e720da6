package narthex.stream;

import java.io.IOException;

/**
 * A NAR or NAR file that is there and wrong: its bytes are not those that were promised. Neither an
 * absence nor an unknown.
 */
public final class CorruptNarException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final String expected;
  private final String actual;
  private final String source;

  /**
   * States what differs.
   *
   * @param what the property that is wrong, such as {@code NarHash}
   * @param expected its promised value
   * @param actual its true value
   * @param source where the bytes came from, without credentials
   */
  public CorruptNarException(String what, String expected, String actual, String source) {
    super("wrong " + what + " from " + source + ": expected " + expected + ", actual " + actual);
    this.what = what;
    this.expected = expected;
    this.actual = actual;
    this.source = source;
  }

  /** The property that is wrong. */
  public String what() {
    return what;
  }

  /** The promised value. */
  public String expected() {
    return expected;
  }

  /** The true value. */
  public String actual() {
    return actual;
  }

  /** Where the bytes came from. */
  public String source() {
    return source;
  }
}
