package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import narthex.nix.OneLine;
import narthex.nix.StorePathHash;
import narthex.serve.NarInfoLookup;
import narthex.serve.ServedNarInfo;

/**
 * {@code GET /<hash>.narinfo}. A failed lookup is answered with 404 and {@code no-store}, because
 * Nix fails the build on a 5xx (design, promise 7).
 */
public final class NarInfoServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(NarInfoServlet.class.getName());

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    StorePathHash hash = NarInfoResponder.hash(request.getServletPath());
    Site site = Site.of(request);
    NarInfoLookup lookup = site.lookups().narInfos();
    Shares shares = site.resources().shares();
    try (Turn turn = shares.take(Work.QUESTIONS, request, response, () -> lookup.isKnown(hash))) {
      if (!turn.isWaiting()) {
        NarInfoResponder.send(turn.request(), turn.response(), find(request, lookup, hash));
      }
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }

  /** Deletes the narinfo, and its NAR unless another narinfo references it. */
  @Override
  protected void doDelete(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    StorePathHash hash = NarInfoResponder.hash(request.getServletPath());
    DeletionResponder.answer(
        request, response, deletion -> deletion.deletePath(hash), "no such narinfo");
  }

  private static Optional<ServedNarInfo> find(
      HttpServletRequest request, NarInfoLookup lookup, StorePathHash hash) {
    try {
      NarInfoLookup.Found found = lookup.lookUp(hash);
      outcome(found).note(request);
      return found.narInfo();
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "narinfo lookup failed, answering 404 hash={0} reason={1}",
          hash.text(),
          OneLine.reason(e));
      Outcome.ERROR.note(request);
      return Optional.empty();
    }
  }

  private static Outcome outcome(NarInfoLookup.Found found) {
    if (found.narInfo().isEmpty()) {
      return Outcome.MISS;
    }
    return found.isNews() ? Outcome.FETCHED : Outcome.HIT;
  }
}
