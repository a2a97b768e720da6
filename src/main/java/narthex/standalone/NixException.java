package narthex.standalone;

import java.io.IOException;

/** A program of Nix failed; the message is one line. */
final class NixException extends IOException {
  private static final long serialVersionUID = 1L;

  NixException(String message) {
    super(message);
  }
}
