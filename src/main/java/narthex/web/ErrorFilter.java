package narthex.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import narthex.ingest.UploadRefusedException;
import narthex.maintain.JobRefusedException;
import narthex.maintain.PathPinnedException;
import narthex.nix.NixFormatException;
import narthex.nix.OneLine;

/**
 * Maps exceptions to status codes; nothing else does. Every filter that may throw must run after
 * this one.
 *
 * <p>Before the response is committed, the client gets a status and one line of text. Later the
 * filter aborts the response, see {@link ConnectionBreaker}. It logs each failure once. No
 * exception of the file system becomes a 404: lookups return an empty {@code Optional} if an object
 * doesn't exist, and a missing file is an internal failure.
 */
public final class ErrorFilter extends HttpFilter {

  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(ErrorFilter.class.getName());

  /** Tomcat's exception for a closed connection, and for a request body that ends too early. */
  private static final String TOMCAT_CLIENT_GONE =
      "org.apache.catalina.connector.ClientAbortException";

  /**
   * Response and log level for a failure.
   *
   * @param line body of the response, without the line break
   */
  private record Answer(int status, String line, Level level) {}

  private static Answer answerTo(HttpServletRequest request, Throwable failure) {
    if (failure instanceof NixFormatException malformed) {
      return new Answer(
          isRead(request) ? HttpServletResponse.SC_NOT_FOUND : HttpServletResponse.SC_BAD_REQUEST,
          String.valueOf(malformed.getMessage()),
          Level.DEBUG);
    }
    if (failure instanceof UploadRefusedException refused) {
      return new Answer(status(refused.reason()), refused.getMessage(), Level.INFO);
    }
    if (failure instanceof JobRefusedException refused) {
      return new Answer(status(refused.reason()), refused.getMessage(), Level.DEBUG);
    }
    if (failure instanceof PathPinnedException pinned) {
      return new Answer(HttpServletResponse.SC_CONFLICT, pinned.getMessage(), Level.INFO);
    }
    if (isSlow(failure)) {
      return new Answer(
          HttpServletResponse.SC_REQUEST_TIMEOUT, "the request body came too slowly", Level.INFO);
    }
    if (failure instanceof BodyBrokenException) {
      return new Answer(
          HttpServletResponse.SC_BAD_REQUEST, "the request body was cut off", Level.INFO);
    }
    if (isClientGone(failure)) { // the client doesn't get this response
      return new Answer(HttpServletResponse.SC_BAD_REQUEST, "client gone", Level.DEBUG);
    }
    if (failure instanceof IOException || failure instanceof UncheckedIOException) {
      return new Answer(
          HttpServletResponse.SC_SERVICE_UNAVAILABLE, "temporarily unavailable", Level.WARNING);
    }
    return new Answer(HttpServletResponse.SC_INTERNAL_SERVER_ERROR, "internal error", Level.ERROR);
  }

  /**
   * Returns whether the method is GET or HEAD. In these requests only the name can be malformed, so
   * 404 is right. Clients that cached names from another server at this address carry on after a
   * 404, but not after a 400.
   */
  private static boolean isRead(HttpServletRequest request) {
    return request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
  }

  private static boolean isSlow(Throwable failure) {
    Throwable cause = failure;
    while (cause != null && !(cause instanceof SlowBodyException)) {
      cause = cause.getCause();
    }
    return cause != null;
  }

  private static int status(UploadRefusedException.Reason reason) {
    return switch (reason) {
      case WRONG -> HttpServletResponse.SC_BAD_REQUEST;
      case NOT_TRUSTED -> HttpServletResponse.SC_FORBIDDEN;
      case CONFLICT -> HttpServletResponse.SC_CONFLICT;
      case ABSENT -> HttpServletResponse.SC_NOT_FOUND;
      case TOO_LARGE -> HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE;
      case UNKNOWN_CODING -> HttpServletResponse.SC_UNSUPPORTED_MEDIA_TYPE;
    };
  }

  private static int status(JobRefusedException.Reason reason) {
    return switch (reason) {
      case UNKNOWN -> HttpServletResponse.SC_NOT_FOUND;
      case WRONG_OPTION -> HttpServletResponse.SC_BAD_REQUEST;
      case RUNNING -> HttpServletResponse.SC_CONFLICT;
      case STOPPING -> HttpServletResponse.SC_SERVICE_UNAVAILABLE;
    };
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException {
    ClientResponse client = ClientResponse.of(request, response);
    try {
      chain.doFilter(request, client);
    } catch (ServletException wrapped) {
      Throwable cause = wrapped.getCause();
      respond(request, client, cause == null ? wrapped : cause);
    } catch (IOException | RuntimeException | Error failure) {
      respond(request, client, failure);
    }
  }

  private static void respond(
      HttpServletRequest request, HttpServletResponse response, Throwable failure)
      throws IOException {
    Answer answer = answerTo(request, failure);
    if (Outcome.of(request) != Outcome.NONE && !isClientGone(failure)) {
      Outcome.ERROR.note(request);
    }
    if (ServerRequest.isAnsweredByTomcat(request)) {
      log(request, answer.level(), "request failed, answered by Tomcat", failure);
      return;
    }
    if (response.isCommitted() || isClientGone(failure)) {
      log(request, answer.level(), "response aborted", failure);
      ConnectionBreaker.breakBody(request, failure);
      return;
    }
    log(request, answer.level(), "request failed status=" + answer.status(), failure);
    response.reset();
    byte[] body = (answer.line() + "\n").getBytes(StandardCharsets.UTF_8);
    response.setStatus(answer.status());
    response.setContentType("text/plain");
    response.setCharacterEncoding("utf-8");
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private static boolean isClientGone(Throwable failure) {
    return failure instanceof ClientGoneException
        || failure.getClass().getName().equals(TOMCAT_CLIENT_GONE);
  }

  private static void log(
      HttpServletRequest request, Level level, String event, Throwable failure) {
    if (LOG.isLoggable(level)) {
      String line =
          event
              + " method="
              + OneLine.of(request.getMethod())
              + " path="
              + OneLine.of(request.getRequestURI());
      if (level == Level.INFO || level == Level.WARNING) { // expected: no stack trace
        LOG.log(level, line + " reason=" + OneLine.reason(failure));
      } else {
        LOG.log(level, line, failure);
      }
    }
  }
}
