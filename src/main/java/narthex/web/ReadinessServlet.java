package narthex.web;

import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import narthex.nix.OneLine;
import narthex.serve.Readiness;

/** {@code GET /readyz}: 200 if requests can be served, 503 if the storage does not answer. */
public final class ReadinessServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(ReadinessServlet.class.getName());

  @Inject private transient Readiness readiness;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try {
      readiness.check();
    } catch (IOException e) {
      LOG.log(Level.ERROR, "not ready reason={0}", OneLine.reason(e));
      Answers.line(request, response, HttpServletResponse.SC_SERVICE_UNAVAILABLE, "not ready");
      return;
    }
    Answers.line(request, response, HttpServletResponse.SC_OK, "ready");
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }
}
