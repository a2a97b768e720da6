package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import java.util.Set;

/** What a request is about, for those who observe requests. */
public enum RequestKind {
  /** A narinfo is asked for or deleted. */
  NARINFO,
  /** A NAR is asked for or deleted. */
  NAR,
  /** Anything is uploaded. */
  UPLOAD,
  /** A listing, a log, a realisation, debug information, or a file in a NAR is asked for. */
  DOCUMENT,
  /** Everything else: probes, the home page, and the administration. */
  OTHER;

  private static final Set<String> DOCUMENTS =
      Set.of("/log", "/debuginfo", "/realisations", "/build-trace-v2", "/serve");

  /** Returns the word for logs and metrics, such as {@code narinfo}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the kind of a request; the routes are in {@code web.xml}. */
  static RequestKind of(HttpServletRequest request) {
    if (request.getMethod().equals("PUT")) {
      return UPLOAD;
    }
    String servlet = request.getServletPath();
    return servlet.startsWith("/upload")
        ? under(servlet.substring("/upload".length()), request.getPathInfo())
        : named(servlet);
  }

  /** Returns the kind of a request below {@code /upload}, which asks for what was uploaded. */
  private static RequestKind under(String servlet, String rest) {
    return servlet.isEmpty() ? named(rest == null ? "" : rest) : named(servlet);
  }

  private static RequestKind named(String path) {
    if (path.endsWith(".narinfo")) {
      return NARINFO;
    }
    if (path.equals("/nar")) {
      return NAR;
    }
    return path.endsWith(".ls") || DOCUMENTS.contains(path) ? DOCUMENT : OTHER;
  }
}
