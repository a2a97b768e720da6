package narthex.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Gives no client a thread for as long as it likes: bodies have to come at a {@link BodyPace}, and
 * of a body that nobody wanted to the end only a little is awaited, so that the client sees the
 * answer; then the connection is closed. It stands outside of all that read bodies, as the rest of
 * a body is left when they are done.
 */
public final class BodyFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    PacedRequest paced = new PacedRequest(request, Site.of(request).resources().bodyPace());
    SettlingResponse settling = new SettlingResponse(response, paced);
    try {
      chain.doFilter(paced, settling);
      if (paced.hasUnreadBody() && !request.isAsyncStarted()) {
        leave(paced, settling);
      }
    } finally {
      paced.release();
    }
  }

  private static void leave(PacedRequest request, SettlingResponse response) throws IOException {
    response.settle();
    if (ServerRequest.isAnsweredByTomcat(request)
        || request.isBodyBroken() && ServerRequest.closesBrokenOnes(request)) {
      return; // it answers what could not be answered before, and closes the connection
    }
    if (request.hasUnreadBody()) {
      response.flushBuffer();
      ConnectionBreaker.breakConnection(request, new IOException("unexpected request body"));
    }
  }
}
