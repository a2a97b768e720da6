package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import narthex.nix.DocumentName;

/**
 * Documents below {@code /upload}: PUT stores; GET and HEAD read the store only and never query an
 * upstream.
 */
public final class UploadDocumentServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    DocumentName name = DocumentResponder.name(request);
    DocumentResponder.send(
        request,
        response,
        name.kind(),
        Site.of(request).lookups().documents().findHere(name),
        Answers.NO_STORE);
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }

  @Override
  protected void doPut(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    DocumentName name = DocumentResponder.name(request);
    Site site = Site.of(request);
    try (Turn turn = site.resources().shares().take(Work.UPLOADS, request, response)) {
      if (!turn.isWaiting()) {
        DocumentResponder.store(request, response, name, site);
      }
    }
  }
}
