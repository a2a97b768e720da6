package narthex.stream;

import java.io.IOException;

/**
 * The bytes of a NAR or NAR file differ from what its narinfo announced. Never thrown for a missing
 * file or a failed transfer.
 */
public final class CorruptNarException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final String expected;
  private final String actual;
  private final String source;

  /**
   * @param what the wrong property, such as {@code NarHash}
   * @param expected its announced value
   * @param actual its actual value
   * @param source where the bytes came from, without credentials
   */
  public CorruptNarException(String what, String expected, String actual, String source) {
    super("wrong " + what + " from " + source + ": expected " + expected + ", actual " + actual);
    this.what = what;
    this.expected = expected;
    this.actual = actual;
    this.source = source;
  }

  /** The wrong property, such as {@code NarHash}. */
  public String what() {
    return what;
  }

  /** The announced value. */
  public String expected() {
    return expected;
  }

  /** The actual value. */
  public String actual() {
    return actual;
  }

  /** Where the bytes came from. */
  public String source() {
    return source;
  }
}
