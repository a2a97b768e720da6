package narthex.web;

import java.io.IOException;

/**
 * The body of a request ended before its announced end, came malformed, or could not be read: the
 * client went away, was too slow, or told a wrong length. Nothing is wrong here.
 */
public final class BodyBrokenException extends IOException {
  private static final long serialVersionUID = 1L;

  BodyBrokenException(String reason) {
    super(reason);
  }

  BodyBrokenException(IOException cause) {
    super("the request body broke off", cause);
  }
}
