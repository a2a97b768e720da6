package narthex.web;

import jakarta.servlet.http.HttpServletRequest;

/** How a request for a narinfo or a NAR was answered, for those who observe requests. */
public enum Outcome {
  /** What was asked for was stored. */
  HIT("hit"),
  /** The NAR was on its way already. */
  IN_FLIGHT("in-flight"),
  /** It came from an upstream because of this request. */
  FETCHED("fetched"),
  /** Neither the server nor an upstream has it. */
  MISS("miss"),
  /** The lookup or the transfer failed. */
  ERROR("error"),
  /** The request was for something else, or was refused before a lookup. */
  NONE("-");

  private static final String ATTRIBUTE = Outcome.class.getName();

  private final String word;

  Outcome(String word) {
    this.word = word;
  }

  /** Notes the outcome on the request; the last one noted counts. */
  void note(HttpServletRequest request) {
    request.setAttribute(ATTRIBUTE, this);
  }

  /** Returns the outcome that was noted on a request, or {@link #NONE}. */
  static Outcome of(HttpServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof Outcome noted ? noted : NONE;
  }

  /** Returns the word for logs and metrics, such as {@code in-flight}. */
  public String word() {
    return word;
  }
}
