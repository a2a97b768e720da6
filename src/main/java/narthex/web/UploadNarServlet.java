package narthex.web;

import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import narthex.ingest.NarUpload;
import narthex.ingest.Stored;
import narthex.nix.NarFileName;
import narthex.serve.NarLookup;
import narthex.stream.DecoderBudget;

/**
 * {@code /upload/nar/<hash>.nar[.<ext>]}: PUT stores the file, GET and HEAD answer from what is
 * stored and change nothing.
 */
public final class UploadNarServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Inject private transient NarLookup lookup;
  @Inject private transient Shares shares;
  @Inject private transient NarUpload upload;
  @Inject private transient DecoderBudget budget;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    NarFileName name = new NarResponder(request, response).name();
    try (Turn turn = shares.take(Work.NARS, request, response)) {
      if (!turn.isWaiting()) {
        new NarResponder(turn.request(), turn.response()).send(lookup.findHere(name));
      }
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    NarResponder responder = new NarResponder(request, response);
    responder.tell(lookup.probeHere(responder.name()));
  }

  @Override
  protected void doPut(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    NarFileName name = new NarResponder(request, response).name();
    try (Turn turn = shares.take(Work.UPLOADS, request, response)) {
      if (!turn.isWaiting()) {
        store(name, request, response);
      }
    }
  }

  private void store(NarFileName name, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Stored stored;
    UploadBody body = new UploadBody(request, upload.maxFileBytes(), budget);
    try (InputStream in = body.open()) {
      stored = upload.store(name, body.length(), in);
    }
    Answers.stored(response, stored);
  }
}
