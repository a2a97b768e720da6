package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Conditional requests on entity tags (RFC 9110, 13). */
final class Preconditions {
  private static final String WEAK = "W/";

  private Preconditions() {}

  /**
   * Sets ETag, and status 304 if If-None-Match names this entity tag.
   *
   * @param entityTag with its quotes, strong or weak
   * @return true if the status is 304 and the caller must send no body
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

  /** Returns whether a list of entity tags, or {@code *}, matches this one, by weak comparison. */
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

  /**
   * Returns whether to honour the Range header: there is no If-Range, or it is exactly this tag.
   */
  static boolean rangeCounts(HttpServletRequest request, String entityTag) {
    String condition = request.getHeader("If-Range");
    return condition == null || condition.trim().equals(entityTag);
  }
}
