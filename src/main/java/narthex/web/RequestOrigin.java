package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether another site may have made a browser send a request (cross-site request forgery).
 *
 * <p>A browser sends a password of {@code Basic}, a client certificate and a session of the
 * application server by itself, whichever site asks it to. It never sends {@code Bearer} by itself.
 * So only requests that were granted by the former are looked at:
 *
 * <ul>
 *   <li>A browser says in {@code Sec-Fetch-Site} or in {@code Origin} which site asked.
 *   <li>A form can send POST. It can't add a header, so POST needs {@value #HEADER}. PUT and DELETE
 *       need the consent of the server (CORS), which it never gives.
 * </ul>
 */
final class RequestOrigin {
  /** Our own page sends this header, with any value. */
  static final String HEADER = "X-Narthex-Request";

  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
  private static final Set<String> OUR_SITE = Set.of("same-origin", "none");
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private RequestOrigin() {}

  /** Value of the header: a password of Basic is of no use, so don't ask the browser for one. */
  private static final String NO_PASSWORD = "page";

  /** Returns whether the browser should not ask its user for a password. */
  static boolean wantsNoPassword(HttpServletRequest request) {
    return NO_PASSWORD.equals(request.getHeader(HEADER));
  }

  /** Returns whether our page, or a program, marks the request as its own. */
  static boolean isMarked(HttpServletRequest request) {
    return request.getHeader(HEADER) != null;
  }

  /**
   * Returns whether a request that changes something may come from another site.
   *
   * @return why; null if it doesn't
   */
  static @Nullable String suspicion(HttpServletRequest request) {
    if (READING.contains(request.getMethod())) {
      return null;
    }
    String site = request.getHeader("Sec-Fetch-Site");
    String origin = request.getHeader("Origin");
    if (site != null) {
      if (!OUR_SITE.contains(site.toLowerCase(Locale.ROOT))) {
        return "requests from other sites are refused";
      }
    } else if (origin != null && !origin.equalsIgnoreCase(own(request))) {
      return "requests from other sites are refused";
    }
    return request.getMethod().equals("POST") && !isMarked(request)
        ? "send a Bearer token, or the header " + HEADER
        : null;
  }

  private static String own(HttpServletRequest request) {
    int port = request.getServerPort();
    boolean isUsual = port == (request.isSecure() ? HTTPS_PORT : HTTP_PORT);
    return request.getScheme() + "://" + request.getServerName() + (isUsual ? "" : ":" + port);
  }
}
