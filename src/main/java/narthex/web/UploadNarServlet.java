package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import narthex.ingest.NarUpload;
import narthex.ingest.Stored;
import narthex.nix.NarFileName;

/**
 * {@code /upload/nar/<hash>.nar[.<ext>]}: PUT stores the file; GET and HEAD read the store only and
 * never query an upstream.
 */
public final class UploadNarServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    NarFileName name = new NarResponder(request, response).name();
    try (Turn turn = Site.of(request).resources().shares().take(Work.NARS, request, response)) {
      if (!turn.isWaiting()) {
        new NarResponder(turn.request(), turn.response())
            .send(Site.of(request).lookups().nars().findHere(name));
      }
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    NarResponder responder = new NarResponder(request, response);
    responder.tell(Site.of(request).lookups().nars().probeHere(responder.name()));
  }

  @Override
  protected void doPut(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    NarFileName name = new NarResponder(request, response).name();
    try (Turn turn = Site.of(request).resources().shares().take(Work.UPLOADS, request, response)) {
      if (!turn.isWaiting()) {
        store(name, request, response);
      }
    }
  }

  private static void store(
      NarFileName name, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    NarUpload upload = site.uploads().nars();
    Stored stored;
    UploadBody body = new UploadBody(request, upload.maxFileBytes(), site.resources().decoders());
    try (InputStream in = body.open()) {
      stored = upload.store(name, body.length(), in);
    }
    Answers.stored(response, stored);
  }
}
