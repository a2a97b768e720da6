package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** {@code GET|HEAD /healthz}: answers 200 {@code ok}, without checking storage or upstreams. */
public final class HealthServlet extends HttpServlet {

  private static final long serialVersionUID = 1L;
  private static final byte[] OK = "ok\n".getBytes(StandardCharsets.UTF_8);

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doHead(request, response);
    response.getOutputStream().write(OK);
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response) {
    response.setContentType("text/plain");
    response.setCharacterEncoding("utf-8");
    response.setHeader("Cache-Control", "no-store");
    response.setContentLength(OK.length);
  }
}
