package narthex.web;

import java.io.IOException;

/**
 * The client went away, or takes no more bytes: nothing is wrong here. The cause is what the server
 * said.
 */
public final class ClientGoneException extends IOException {

  private static final long serialVersionUID = 1L;

  ClientGoneException(IOException cause) {
    super("client gone", cause);
  }
}
