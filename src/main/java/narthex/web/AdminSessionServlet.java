package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;

/**
 * {@code GET /admin/session}: whether the credentials of the request are those of an administrator.
 * The page asks before it shows anything, so that it needn't provoke a refusal to find out.
 */
public final class AdminSessionServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Answers.json(
        request,
        response,
        Map.of(
            "isAdmin", AccessFilter.isHeld(request, Scope.ADMIN),
            "isKnown", AccessFilter.isHeld(request, Scope.METRICS)));
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }
}
