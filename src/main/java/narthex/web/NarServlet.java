package narthex.web;

import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import narthex.maintain.Deletion;
import narthex.nix.NarFileName;
import narthex.serve.NarLookup;

/**
 * {@code GET /nar/<stem>.nar[.<ext>]}: the file, wherever it comes from; {@code DELETE} takes the
 * NAR out, unless a narinfo is of it.
 */
public final class NarServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Inject private transient NarLookup lookup;
  @Inject private transient Deletion deletion;
  @Inject private transient DeletionSwitch deletions;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    NarResponder responder = new NarResponder(request, response);
    responder.send(lookup.find(responder.name()));
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    NarResponder responder = new NarResponder(request, response);
    responder.tell(lookup.probe(responder.name()));
  }

  @Override
  protected void doDelete(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    NarFileName name = new NarResponder(request, response).name();
    DeletionResponder.answer(
        request, response, deletions, () -> deletion.deleteNar(name), "no such NAR");
  }
}
