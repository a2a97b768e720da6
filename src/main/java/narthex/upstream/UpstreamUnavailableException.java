package narthex.upstream;

import java.io.IOException;

/** It is unknown whether the upstreams have a file, because some didn't answer. */
public final class UpstreamUnavailableException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message which upstream failed, and why
   * @param cause the last failure
   */
  public UpstreamUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
