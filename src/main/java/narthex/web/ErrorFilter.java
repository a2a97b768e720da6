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
import narthex.nix.NixFormatException;
import narthex.nix.OneLine;

/**
 * The only map from exception to status. It must be the first filter.
 *
 * <p>Before the response is committed the client gets a status and one line. After that the
 * connection is broken: see {@link ConnectionBreaker}. Each failure is logged here, once. No
 * exception of the file system means "absent": what is absent is an empty {@code Optional}, and a
 * missing file is trouble like any other.
 */
public final class ErrorFilter extends HttpFilter {

  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(ErrorFilter.class.getName());

  /**
   * Tomcat's exception for a client that went away; it also comes when a request body ends too
   * early.
   */
  private static final String TOMCAT_CLIENT_GONE =
      "org.apache.catalina.connector.ClientAbortException";

  /**
   * What a failure means for the client and for the log.
   *
   * @param line what the client is told, without a line break
   */
  private record Answer(int status, String line, Level level) {}

  private static Answer answerTo(Throwable failure) {
    if (failure instanceof NixFormatException malformed) {
      return new Answer(
          HttpServletResponse.SC_BAD_REQUEST, String.valueOf(malformed.getMessage()), Level.DEBUG);
    }
    if (isClientGone(failure)) { // nobody reads the answer
      return new Answer(HttpServletResponse.SC_BAD_REQUEST, "client gone", Level.DEBUG);
    }
    if (failure instanceof IOException || failure instanceof UncheckedIOException) {
      return new Answer(
          HttpServletResponse.SC_SERVICE_UNAVAILABLE, "temporarily unavailable", Level.WARNING);
    }
    return new Answer(HttpServletResponse.SC_INTERNAL_SERVER_ERROR, "internal error", Level.ERROR);
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException {
    try {
      chain.doFilter(request, new ClientResponse(response));
    } catch (ServletException wrapped) {
      Throwable cause = wrapped.getCause();
      respond(request, response, cause == null ? wrapped : cause);
    } catch (IOException | RuntimeException | Error failure) {
      respond(request, response, failure);
    }
  }

  private static void respond(
      HttpServletRequest request, HttpServletResponse response, Throwable failure)
      throws IOException {
    Answer answer = answerTo(failure);
    if (response.isCommitted() || isClientGone(failure)) {
      log(request, answer.level(), "response broken", failure);
      ConnectionBreaker.breakConnection(request, failure);
      return;
    }
    log(request, answer.level(), "request failed status=" + answer.status(), failure);
    response.reset();
    byte[] body = (answer.line() + "\n").getBytes(StandardCharsets.UTF_8);
    response.setStatus(answer.status());
    response.setContentType("text/plain");
    response.setCharacterEncoding("utf-8");
    response.setHeader("Cache-Control", "no-store");
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
      String asked =
          " method="
              + OneLine.of(request.getMethod())
              + " path="
              + OneLine.of(request.getRequestURI());
      String line = event + asked;
      LOG.log(level, line, failure);
    }
  }
}
