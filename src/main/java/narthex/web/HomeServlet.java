package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * {@code GET /}: the home page, with a configuration to copy, the public keys, and the state at a
 * glance. Who may read the cache may read it.
 */
public final class HomeServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private static final HomePage PAGE = HomePage.read();

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    String text =
        PAGE.print(
            new HomePage.Contents(
                site.info(),
                url(request),
                site.readiness().upstreams(),
                site.administration().state().figures(),
                site.access().guardsReading()));
    response.setHeader("Cache-Control", "no-cache");
    response.setHeader("Content-Security-Policy", PAGE.policy());
    response.setHeader("X-Content-Type-Options", "nosniff");
    Answers.text(request, response, "text/html;charset=utf-8", text);
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }

  /** Returns the base URL that the client used. */
  private static String url(HttpServletRequest request) {
    int port = request.getServerPort();
    boolean usual = port == (request.isSecure() ? HTTPS_PORT : HTTP_PORT);
    return request.getScheme()
        + "://"
        + request.getServerName()
        + (usual ? "" : ":" + port)
        + request.getContextPath();
  }
}
