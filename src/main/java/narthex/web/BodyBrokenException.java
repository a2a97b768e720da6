package narthex.web;

import java.io.IOException;

/**
 * A request body was incomplete, malformed or unreadable. The cause is the client or its connection
 * (it closed, was too slow, or sent a wrong Content-Length), not this server.
 */
public final class BodyBrokenException extends IOException {
  private static final long serialVersionUID = 1L;

  BodyBrokenException(String reason) {
    super(reason);
  }

  BodyBrokenException(IOException cause) {
    super("the request body was cut off", cause);
  }
}
