package narthex.web;

import java.io.IOException;

/** The body of a request came too slowly, or not at all: the client is no longer waited for. */
final class SlowBodyException extends IOException {
  private static final long serialVersionUID = 1L;

  SlowBodyException(String message) {
    super(message);
  }
}
