package narthex.upstream;

import java.net.UnknownHostException;

/** An upstream leads to an address that it must not lead to. */
final class ForbiddenAddressException extends UnknownHostException {
  private static final long serialVersionUID = 1L;

  ForbiddenAddressException(String message) {
    super(message);
  }
}
