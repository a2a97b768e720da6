package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** {@code GET /nix-cache-info}: the store directory and the priority of this cache. */
public final class NixCacheInfoServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  static final String CONTENT_TYPE = "text/x-nix-cache-info";

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Answers.text(request, response, CONTENT_TYPE, Site.of(request).info().printNixCacheInfo());
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }
}
