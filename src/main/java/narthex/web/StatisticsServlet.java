package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import narthex.nix.StrictJson;

/** {@code GET /admin/stats}: figures about what is stored, as one JSON object. */
public final class StatisticsServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    try (Turn turn = site.resources().shares().take(Work.JOBS, request, response)) {
      if (!turn.isWaiting()) {
        turn.response().setHeader("Cache-Control", Answers.NO_STORE);
        String figures = StrictJson.print(site.statistics().read());
        Answers.text(turn.request(), turn.response(), "application/json", figures + "\n");
      }
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }
}
