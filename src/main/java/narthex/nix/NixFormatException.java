package narthex.nix;

/**
 * External input is malformed.
 *
 * <p>The message is one line of at most 400 characters without control characters, whatever the
 * input was. It is safe to log and to send to a client.
 */
public final class NixFormatException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** The message should name the expected and the actual text; {@link OneLine} sanitises it. */
  public NixFormatException(String message) {
    super(OneLine.of(message));
  }

  /** The message; never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
