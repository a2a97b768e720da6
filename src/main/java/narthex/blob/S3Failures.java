package narthex.blob;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Set;
import javax.xml.stream.XMLStreamException;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Turns exceptions of the AWS SDK into {@link IOException}s with one line of text. */
final class S3Failures {
  private static final int SERVER_ERROR = 500;
  private static final int NOT_IMPLEMENTED = 501;
  private static final int TOO_MANY_REQUESTS = 429;

  /** Errors with another status that pass, or that a damaged transfer causes. */
  private static final Set<String> PASSING =
      Set.of(
          "RequestTimeout",
          "OperationAborted",
          "ConditionalRequestConflict",
          "BadDigest",
          "XAmzContentSHA256Mismatch",
          "IncompleteBody");

  private S3Failures() {}

  /**
   * The exception to throw for a failed request.
   *
   * @param request what was asked of the server, such as {@code PutObject nar/x}
   * @param place the bucket and the server
   */
  static IOException of(SdkException failure, String request, String place) {
    if (failure instanceof AbortedException) {
      return (IOException)
          new InterruptedIOException(request + " was interrupted").initCause(failure);
    }
    if (failure instanceof S3Exception refused) {
      String message =
          String.format(
              Locale.ROOT,
              "%s failed: status %d %s (%s)",
              request,
              refused.statusCode(),
              reason(refused),
              place);
      return new BucketException(oneLine(message), code(refused), retry(refused), failure);
    }
    Throwable cause = root(failure);
    String message =
        String.format(Locale.ROOT, "%s failed: %s (%s)", request, reason(cause), place);
    BucketException.Retry retry =
        cause instanceof IOException || cause instanceof XMLStreamException // an answer cut short
            ? BucketException.Retry.WORTHWHILE
            : BucketException.Retry.USELESS;
    return new BucketException(oneLine(message), cause.getClass().getSimpleName(), retry, failure);
  }

  /** The exception to throw for an answer whose body never came. */
  static IOException incomplete(String request, String place) {
    String message =
        String.format(Locale.ROOT, "%s failed: the answer is incomplete (%s)", request, place);
    return new BucketException(
        message, "", BucketException.Retry.WORTHWHILE, new EOFException("no body"));
  }

  /** The S3 error code; an empty text if the answer has none, as those to HEAD. */
  static String code(S3Exception refused) {
    AwsErrorDetails details = refused.awsErrorDetails();
    String code = details == null ? null : details.errorCode();
    return code == null ? "" : code;
  }

  private static String reason(S3Exception refused) {
    AwsErrorDetails details = refused.awsErrorDetails();
    String text = details == null ? null : details.errorMessage();
    return text == null ? code(refused) : code(refused) + ": " + text;
  }

  private static String reason(Throwable cause) {
    if (cause instanceof UnknownHostException) {
      return "unknown host " + cause.getMessage();
    }
    String message = cause.getMessage();
    return message == null ? cause.toString() : message;
  }

  private static BucketException.Retry retry(S3Exception refused) {
    int status = refused.statusCode();
    boolean passes =
        (status >= SERVER_ERROR && status != NOT_IMPLEMENTED)
            || status == TOO_MANY_REQUESTS
            || PASSING.contains(code(refused));
    return passes ? BucketException.Retry.WORTHWHILE : BucketException.Retry.USELESS;
  }

  private static Throwable root(Throwable failure) {
    Throwable root = failure;
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return root;
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s+", " ");
  }
}
