package narthex.web;

import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import narthex.document.DocumentLookup;
import narthex.document.DocumentUpload;
import narthex.nix.DocumentName;
import narthex.stream.DecoderBudget;

/**
 * Documents below {@code /upload}: PUT stores, GET and HEAD answer from what is stored and change
 * nothing.
 */
public final class UploadDocumentServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Inject private transient DocumentLookup lookup;
  @Inject private transient Shares shares;
  @Inject private transient DocumentUpload upload;
  @Inject private transient DecoderBudget budget;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    DocumentName name = DocumentResponder.name(request);
    DocumentResponder.send(request, response, name.kind(), lookup.findHere(name), Answers.NO_STORE);
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
    try (Turn turn = shares.take(Work.UPLOADS, request, response)) {
      if (!turn.isWaiting()) {
        DocumentResponder.store(request, response, name, upload, budget);
      }
    }
  }
}
