package narthex.web;

import java.io.IOException;

/** The client sent the request body too slowly or stopped sending it. */
final class SlowBodyException extends IOException {
  private static final long serialVersionUID = 1L;

  SlowBodyException(String message) {
    super(message);
  }
}
