package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import java.util.Optional;

/** How a request for a narinfo or a NAR was answered, for whoever observes the cache. */
enum Outcome {
  /** What was asked for was stored. */
  HIT,
  /** The NAR was on its way already. */
  IN_FLIGHT,
  /** It came from an upstream because of this request. */
  FETCHED,
  /** Nobody has it. */
  MISS,
  /** It could not be told or brought. */
  ERROR;

  private static final String ATTRIBUTE = Outcome.class.getName();
  private static final String OBSERVED = ATTRIBUTE + ".observed";

  /** Says that somebody will ask for the outcome of a request. */
  static void observe(HttpServletRequest request) {
    request.setAttribute(OBSERVED, true);
  }

  /** Returns whether somebody will ask, so that it is worth some work to be exact. */
  static boolean isObserved(HttpServletRequest request) {
    return request.getAttribute(OBSERVED) != null;
  }

  /** Notes the outcome on the request; the last one noted counts. */
  void note(HttpServletRequest request) {
    request.setAttribute(ATTRIBUTE, this);
  }

  /** Returns the outcome of a request; empty if it was for something else. */
  static Optional<Outcome> of(HttpServletRequest request) {
    return Optional.ofNullable((Outcome) request.getAttribute(ATTRIBUTE));
  }

  /** Returns the word for logs, such as {@code in-flight}. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
