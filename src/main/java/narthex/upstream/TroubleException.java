package narthex.upstream;

import java.io.IOException;

/** One request to an upstream got neither a yes nor a no. */
final class TroubleException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Whether the same request may fare better a moment later. */
  enum Retry {
    WORTHWHILE,
    POINTLESS
  }

  private final Retry retry;

  TroubleException(String message, Retry retry) {
    super(message);
    this.retry = retry;
  }

  TroubleException(String message, IOException cause) {
    super(message, cause);
    this.retry = Retry.WORTHWHILE;
  }

  Retry retry() {
    return retry;
  }
}
