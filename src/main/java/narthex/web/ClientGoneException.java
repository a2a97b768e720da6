package narthex.web;

import java.io.IOException;

/**
 * The client closed the connection or stopped reading. Not a failure of this server. The cause is
 * the exception of the application server.
 */
public final class ClientGoneException extends IOException {

  private static final long serialVersionUID = 1L;

  ClientGoneException(IOException cause) {
    super("client gone", cause);
  }
}
