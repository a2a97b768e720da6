package narthex.upstream;

import java.io.IOException;

/** Whether the upstreams have what was asked cannot be told just now. */
public final class UpstreamUnavailableException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message who could not say, and why
   * @param cause the last trouble
   */
  public UpstreamUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
