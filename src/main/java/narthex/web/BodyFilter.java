package narthex.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Limits how long a request body can occupy a thread. A client must send the body at a {@link
 * BodyPace}. If a servlet doesn't read the whole body, the filter reads and discards a bounded part
 * of the rest, so that the client sees the response, and then closes the connection. The filter
 * must run before all filters and servlets that read request bodies.
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
      return; // Tomcat sends the error response and closes the connection
    }
    if (request.hasUnreadBody()) {
      response.flushBuffer();
      ConnectionBreaker.breakConnection(request, new IOException("unexpected request body"));
    }
  }
}
