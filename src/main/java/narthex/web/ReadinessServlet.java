package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import narthex.nix.OneLine;
import narthex.serve.Readiness;

/**
 * {@code GET /readyz}: 200 if the storage and the cluster's caches work, 503 if not, or if the
 * server is about to stop. The body also has the state of each upstream and the members of the
 * cluster, which don't change the status. Everybody may read it. So while reading needs a scope, it
 * doesn't tell why an upstream is in trouble: the reason can name a path that somebody asked for.
 */
public final class ReadinessServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(ReadinessServlet.class.getName());

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Readiness readiness = Site.of(request).readiness();
    if (readiness.isStopping()) {
      Answers.line(request, response, HttpServletResponse.SC_SERVICE_UNAVAILABLE, "stopping");
      return;
    }
    try {
      readiness.check();
    } catch (IOException e) {
      LOG.log(Level.ERROR, "not ready reason={0}", OneLine.reason(e));
      answer(request, response, HttpServletResponse.SC_SERVICE_UNAVAILABLE, "not ready");
      return;
    }
    answer(request, response, HttpServletResponse.SC_OK, "ready");
  }

  /** Sends the line, followed by a line for each upstream and for the cluster. */
  private static void answer(
      HttpServletRequest request, HttpServletResponse response, int status, String line)
      throws IOException {
    StringBuilder text = new StringBuilder(line);
    Readiness readiness = Site.of(request).readiness();
    boolean isPrivate = Site.of(request).access().guardsReading();
    for (String upstream : readiness.upstreams()) {
      text.append("\nupstream ").append(isPrivate ? withoutReason(upstream) : upstream);
    }
    readiness.cluster().forEach(each -> text.append("\ncluster ").append(each));
    Answers.line(request, response, status, text.toString());
  }

  private static String withoutReason(String upstream) {
    int colon = upstream.indexOf(": ");
    return colon < 0 ? upstream : upstream.substring(0, colon);
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }
}
