package narthex.upstream;

import java.net.UnknownHostException;

/** An upstream's redirect or narinfo points to an address that {@link AddressRule} refuses. */
final class ForbiddenAddressException extends UnknownHostException {
  private static final long serialVersionUID = 1L;

  ForbiddenAddressException(String message) {
    super(message);
  }
}
