package narthex.upstream;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import narthex.nix.HttpUrl;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.core5.http.MessageConstraintException;

/** A request to an upstream failed, so that it is unknown whether the upstream has the file. */
final class TroubleException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Whether a retry of the same request may succeed. */
  enum Retry {
    WORTHWHILE,
    POINTLESS
  }

  /** What the failure concerns. */
  enum About {
    /** Only the requested file: the server answered. */
    OBJECT,
    /** The server didn't answer for this path; if several paths fail, it is down. */
    PATH,
    /** The server is unreachable. */
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
   * The request got no response.
   *
   * @param own whether the server is the upstream's own or one that it redirected to
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

  /** The transfer of a body failed. */
  static TroubleException broken(String what, IOException cause) {
    boolean slow = cause instanceof SlowAnswerException;
    boolean silent = cause instanceof SocketTimeoutException;
    return new TroubleException(
        what + " broke",
        cause,
        slow ? Retry.POINTLESS : Retry.WORTHWHILE,
        silent ? About.PATH : About.OBJECT);
  }

  /** Whether a server is the upstream's own, not one that it redirected to. */
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
