package narthex.web;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Sends one line of text instead of the error pages of the application server, which reveal its
 * name and version. A direct request gets 404.
 */
public final class ErrorPageServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (response.isCommitted()) {
      // Tomcat appends the error page to an aborted body: another byte could make it look
      // complete.
      return;
    }
    Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
    int code = status instanceof Integer known ? known : HttpServletResponse.SC_NOT_FOUND;
    if (code == HttpServletResponse.SC_METHOD_NOT_ALLOWED && !response.containsHeader("Allow")) {
      response.setHeader("Allow", "GET, HEAD");
    }
    Answers.line(request, response, code, reason(code));
  }

  private static String reason(int code) {
    return switch (code) {
      case HttpServletResponse.SC_BAD_REQUEST -> "bad request";
      case HttpServletResponse.SC_UNAUTHORIZED -> "not authenticated";
      case HttpServletResponse.SC_FORBIDDEN -> "not allowed";
      case HttpServletResponse.SC_NOT_FOUND -> "not found";
      case HttpServletResponse.SC_METHOD_NOT_ALLOWED -> "method not allowed";
      case HttpServletResponse.SC_REQUEST_TIMEOUT -> "the request body came too slowly";
      case HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE -> "too large";
      case HttpServletResponse.SC_SERVICE_UNAVAILABLE -> "temporarily unavailable";
      default -> code >= 500 ? "internal error" : "refused";
    };
  }
}
