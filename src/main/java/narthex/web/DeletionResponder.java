package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import narthex.maintain.Deletion;
import narthex.maintain.Deletion.Outcome;
import narthex.nix.OneLine;

/**
 * Runs a DELETE and sends the result: 204, 404 if absent, 409 if in use, 405 if deletion is
 * disabled.
 */
final class DeletionResponder {
  private static final System.Logger LOG = System.getLogger(DeletionResponder.class.getName());

  private DeletionResponder() {}

  /** The deletion to run. */
  interface Work {
    Outcome delete(Deletion deletion) throws IOException;
  }

  static void answer(
      HttpServletRequest request, HttpServletResponse response, Work work, String absent)
      throws IOException {
    Site.Deletions deletions = Site.of(request).deletions();
    if (deletions.permission() == Permission.DISABLED) {
      response.setHeader("Allow", "GET, HEAD");
      Answers.line(
          request,
          response,
          HttpServletResponse.SC_METHOD_NOT_ALLOWED,
          "deletion is disabled on this server");
      return;
    }
    switch (work.delete(deletions.deletion())) {
      case DELETED -> {
        LOG.log(
            Level.INFO,
            "deleted path={0} {1}",
            OneLine.of(request.getRequestURI()),
            AccessFilter.who(request));
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      }
      case ABSENT -> Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, absent);
      case IN_USE ->
          Answers.line(
              request,
              response,
              HttpServletResponse.SC_CONFLICT,
              "still referenced by a narinfo; delete the narinfo first");
    }
  }
}
