package narthex.nix;

/**
 * Text from outside that is not what it should be.
 *
 * <p>The message is always one line of bounded length without control characters, so that it can be
 * logged or sent to a client whatever the offending text was.
 */
public final class NixFormatException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** Longest message kept, in characters; enough for a store path and a sentence. */
  private static final int MAX_MESSAGE = 400;

  /** A message saying what was expected and what came; made one line of at most 400 characters. */
  public NixFormatException(String message) {
    super(oneLine(message));
  }

  /** The one line; never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  private static String oneLine(String message) {
    int length = Math.min(message.length(), MAX_MESSAGE);
    StringBuilder line = new StringBuilder(length + 1);
    for (int i = 0; i < length; i++) {
      char c = message.charAt(i);
      line.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? '?' : c);
    }
    if (length < message.length()) {
      line.append('…');
    }
    return line.toString();
  }
}
