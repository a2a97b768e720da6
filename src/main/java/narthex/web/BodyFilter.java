package narthex.web;

import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Gives no client a thread for as long as it likes: bodies have to come at a {@link BodyPace}, and
 * of a body that nobody wanted to the end only a little is awaited, so that the client sees the
 * answer; then the connection is closed. The outermost filter, as the rest of a body is left when
 * all others are done.
 */
public final class BodyFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;

  /** What a client may have under way when it is answered; Tomcat's own bound is the same. */
  private static final long MAX_REST_BYTES = 2L << 20;

  private static final Duration MAX_REST_TIME = Duration.ofSeconds(5);
  private static final int BUFFER_BYTES = 16 << 10;

  @Inject private transient BodyPace pace;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    PacedRequest paced = new PacedRequest(request, pace);
    try {
      chain.doFilter(paced, response);
      if (paced.hasUnreadBody()) {
        leave(paced, response);
      }
    } finally {
      paced.release();
    }
  }

  private static void leave(PacedRequest request, HttpServletResponse response) throws IOException {
    if (request.isBodyBroken() && ServerRequest.closesBrokenOnes(request)) {
      return; // and answers what could not be answered before
    }
    response.flushBuffer();
    IOException trouble = request.isBodyHeldBack() ? null : readRest(request);
    if (request.hasUnreadBody()) {
      ConnectionBreaker.breakConnection(
          request, trouble == null ? new IOException("the body was not wanted") : trouble);
    }
  }

  private static @Nullable IOException readRest(PacedRequest request) {
    long deadline = System.nanoTime() + MAX_REST_TIME.toNanos();
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream body = request.getInputStream();
      long left = MAX_REST_BYTES;
      while (left > 0 && System.nanoTime() - deadline < 0) {
        int count = body.read(buffer, 0, buffer.length);
        if (count < 0) {
          return null;
        }
        left -= count;
      }
      return null;
    } catch (IOException broken) {
      return broken;
    }
  }
}
