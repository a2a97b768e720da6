package narthex.blob;

import java.io.IOException;

/** A request to a bucket failed, so that the store can't tell. */
final class BucketException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Whether the same request may succeed later. */
  enum Retry {
    /** The server was busy, or couldn't be reached. */
    WORTHWHILE,
    /** The server refuses the request. */
    USELESS
  }

  private final String code;
  private final Retry retry;

  /**
   * @param code S3 error code such as {@code AccessDenied}, or a short word if there is none
   */
  BucketException(String message, String code, Retry retry, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.retry = retry;
  }

  /** The S3 error code. */
  String code() {
    return code;
  }

  /** Whether to try again. */
  Retry retry() {
    return retry;
  }
}
