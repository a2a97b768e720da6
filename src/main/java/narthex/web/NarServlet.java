package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import narthex.nix.NarFileName;
import narthex.serve.NarAnswer;
import narthex.serve.NarLookup;
import narthex.serve.NarSource;
import narthex.serve.Sighting;

/**
 * {@code GET /nar/<stem>.nar[.<ext>]}: a NAR file, from the store or an upstream. {@code DELETE}
 * deletes the NAR, unless a narinfo references it.
 */
public final class NarServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    NarLookup lookup = site.lookups().nars();
    Shares shares = site.resources().shares();
    NarResponder responder = new NarResponder(request, response);
    NarFileName name = responder.name();
    Sighting seen = lookup.look(name);
    Outcome expected = expected(seen);
    Work work = expected == Outcome.HIT ? Work.NARS : Work.COMING;
    Shares.Exemption sentByServer =
        () -> work == Work.NARS && responder.isSentByServer(lookup.localFileBytes(name));
    try (Turn turn = shares.take(work, request, response, sentByServer)) {
      if (!turn.isWaiting()) {
        expected.note(request); // until it is found, so that a failure counts
        Optional<NarSource> found = lookup.find(name, seen);
        (found.isPresent() ? expected : Outcome.MISS).note(request);
        send(found, turn, work, site.resources().running());
      }
    }
  }

  private static void send(Optional<NarSource> found, Turn turn, Work work, RunningRequests running)
      throws IOException {
    NarResponder responder = new NarResponder(turn.request(), turn.response());
    if (work != Work.COMING) {
      responder.send(found);
      return;
    }
    running.followingBegun();
    try {
      responder.send(found);
    } finally {
      running.followingEnded();
    }
  }

  private static Outcome expected(Sighting seen) {
    return switch (seen.place()) {
      case STORED -> Outcome.HIT;
      case IN_FLIGHT -> Outcome.IN_FLIGHT;
      case NOWHERE -> Outcome.FETCHED;
    };
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    NarLookup lookup = site.lookups().nars();
    Shares shares = site.resources().shares();
    NarResponder responder = new NarResponder(request, response);
    NarFileName name = responder.name();
    try (Turn turn = shares.take(Work.QUESTIONS, request, response, () -> lookup.isStored(name))) {
      if (!turn.isWaiting()) {
        Optional<NarAnswer> found = lookup.probe(name);
        (found.isPresent() ? Outcome.HIT : Outcome.MISS).note(request);
        responder.tell(found);
      }
    }
  }

  @Override
  protected void doDelete(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    NarFileName name = new NarResponder(request, response).name();
    DeletionResponder.answer(
        request, response, deletion -> deletion.deleteNar(name), "no such NAR");
  }
}
