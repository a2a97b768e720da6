package narthex.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * If uploads are disabled, answers 404 to GET and HEAD below {@code /upload}, and 405 to all other
 * methods.
 */
public final class UploadFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (Site.of(request).uploads().permission() == Permission.ENABLED) {
      chain.doFilter(request, response);
    } else if (request.getMethod().equals("GET") || request.getMethod().equals("HEAD")) {
      Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "not found");
    } else {
      response.setHeader("Allow", "GET, HEAD");
      Answers.line(
          request,
          response,
          HttpServletResponse.SC_METHOD_NOT_ALLOWED,
          "uploads are disabled on this server");
    }
  }
}
