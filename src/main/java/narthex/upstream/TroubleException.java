package narthex.upstream;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.core5.http.MessageConstraintException;

/** One request to an upstream got neither a yes nor a no. */
final class TroubleException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Whether the same request may fare better a moment later. */
  enum Retry {
    WORTHWHILE,
    POINTLESS
  }

  /** Of what the failure tells. */
  enum About {
    /** The server answered; only this object is in trouble. */
    OBJECT,
    /** The server did not answer for this path; several such paths mean the server. */
    PATH,
    /** The server cannot be reached. */
    SERVER
  }

  private final Retry retry;
  private final About about;

  TroubleException(String message, Retry retry) {
    this(message, retry, About.OBJECT);
  }

  TroubleException(String message, Retry retry, About about) {
    super(message);
    this.retry = retry;
    this.about = about;
  }

  private TroubleException(String message, IOException cause, Retry retry, About about) {
    super(message, cause);
    this.retry = retry;
    this.about = about;
  }

  /**
   * No answer came.
   *
   * @param own whether the server is the upstream's own, and no other that it led to
   */
  static TroubleException noAnswer(HttpUrl url, Own own, IOException cause) {
    About about = About.PATH;
    if (cause instanceof ForbiddenAddressException || isConstraint(cause)) {
      about = About.OBJECT;
    } else if (own == Own.YES && isAboutServer(cause)) {
      about = About.SERVER;
    }
    boolean pointless = about == About.OBJECT || cause instanceof SSLHandshakeException;
    return new TroubleException(
        url.print() + " did not answer",
        cause,
        pointless ? Retry.POINTLESS : Retry.WORTHWHILE,
        about);
  }

  /** A body broke off. */
  static TroubleException broken(String what, IOException cause) {
    boolean slow = cause instanceof SlowAnswerException;
    boolean silent = cause instanceof SocketTimeoutException;
    return new TroubleException(
        what + " broke",
        cause,
        slow ? Retry.POINTLESS : Retry.WORTHWHILE,
        silent ? About.PATH : About.OBJECT);
  }

  /** Whether a server is the upstream's own. */
  enum Own {
    YES,
    NO
  }

  private static boolean isAboutServer(IOException cause) {
    return cause instanceof ConnectException
        || cause instanceof ConnectTimeoutException
        || cause instanceof NoRouteToHostException
        || cause instanceof UnknownHostException
        || cause instanceof SSLException;
  }

  private static boolean isConstraint(IOException cause) {
    return cause instanceof MessageConstraintException;
  }

  Retry retry() {
    return retry;
  }

  About about() {
    return about;
  }
}
