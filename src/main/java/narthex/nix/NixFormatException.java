package narthex.nix;

/**
 * Text from outside that is not what it should be.
 *
 * <p>The message is always one line of bounded length without control characters, so that it can be
 * logged or sent to a client whatever the offending text was.
 */
public final class NixFormatException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** A message saying what was expected and what came; made one line of at most 400 characters. */
  public NixFormatException(String message) {
    super(OneLine.of(message));
  }

  /** The one line; never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
