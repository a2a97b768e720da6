package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import narthex.document.DocumentLookup;
import narthex.document.OpenDocument;
import narthex.nix.DocumentName;

/**
 * {@code GET /log/…}, {@code /debuginfo/…}, {@code /realisations/…}, {@code /build-trace-v2/…}. A
 * failed lookup is answered with 404 and {@code no-store}, as for narinfos, because clients would
 * wait or fail on a 5xx.
 */
public final class DocumentServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(DocumentServlet.class.getName());

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    DocumentLookup lookup = site.lookups().documents();
    DocumentName name = DocumentResponder.name(request);
    Shares shares = site.resources().shares();
    try (Turn turn = shares.take(Work.QUESTIONS, request, response, () -> lookup.isHere(name))) {
      if (!turn.isWaiting()) {
        DocumentResponder.send(
            turn.request(),
            turn.response(),
            name.kind(),
            find(lookup, name),
            DocumentResponder.PUBLIC);
      }
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }

  private static Optional<OpenDocument> find(DocumentLookup lookup, DocumentName name) {
    try {
      return lookup.find(name);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "document lookup failed, answering 404 name={0} reason={1}",
          name,
          e.getMessage());
      return Optional.empty();
    }
  }
}
