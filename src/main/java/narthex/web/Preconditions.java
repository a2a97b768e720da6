package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Conditional requests on entity tags (RFC 9110, 13). */
final class Preconditions {
  private static final String WEAK = "W/";

  private Preconditions() {}

  /**
   * Sets the ETag and answers 304 if the client has the same already.
   *
   * @param entityTag with its quotes, strong or weak
   * @return whether the request is answered
   */
  static boolean answered(
      HttpServletRequest request, HttpServletResponse response, String entityTag) {
    response.setHeader("ETag", entityTag);
    String known = request.getHeader("If-None-Match");
    if (known == null || !matches(known, entityTag)) {
      return false;
    }
    response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
    return true;
  }

  /** Whether a list of entity tags, or a star, names this one; they are compared weakly. */
  static boolean matches(String list, String entityTag) {
    for (String candidate : list.split(",", -1)) {
      String tag = candidate.trim();
      if (tag.equals("*") || opaque(tag).equals(opaque(entityTag))) {
        return true;
      }
    }
    return false;
  }

  private static String opaque(String tag) {
    return tag.startsWith(WEAK) ? tag.substring(WEAK.length()) : tag;
  }

  /** Whether a Range header counts: without If-Range, or with exactly this strong tag. */
  static boolean rangeCounts(HttpServletRequest request, String entityTag) {
    String condition = request.getHeader("If-Range");
    return condition == null || condition.trim().equals(entityTag);
  }
}
