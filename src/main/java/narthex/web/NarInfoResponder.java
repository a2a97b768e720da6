package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import narthex.nix.NixFormatException;
import narthex.nix.StorePathHash;
import narthex.serve.ServedNarInfo;

/** Sends the response to GET and HEAD for a narinfo. */
final class NarInfoResponder {
  static final String SUFFIX = ".narinfo";

  /** Request attribute: the {@link ServedNarInfo} that is sent. */
  static final String ANSWER = ServedNarInfo.class.getName();

  static final String CONTENT_TYPE = "text/x-nix-narinfo";

  /** One hour, because a narinfo may change (another compression, another key). */
  private static final String CACHE_CONTROL = "public, max-age=3600";

  private NarInfoResponder() {}

  /**
   * Parses the path of a narinfo.
   *
   * @param path path that ends in {@code .narinfo}
   * @throws NixFormatException if it isn't {@code /<hash>.narinfo}
   */
  static StorePathHash hash(String path) {
    String name = path.substring(1, path.length() - SUFFIX.length());
    if (name.indexOf('/') >= 0) {
      throw new NixFormatException("no such path: a narinfo has the path /<hash>.narinfo");
    }
    return StorePathHash.parse(name);
  }

  static void send(
      HttpServletRequest request, HttpServletResponse response, Optional<ServedNarInfo> found)
      throws IOException {
    if (found.isEmpty()) {
      Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "no such narinfo");
      return;
    }
    ServedNarInfo narInfo = found.get();
    request.setAttribute(ANSWER, narInfo);
    response.setHeader("Cache-Control", CACHE_CONTROL);
    if (Preconditions.answered(request, response, narInfo.entityTag())) {
      return;
    }
    response.setContentType(CONTENT_TYPE);
    response.setContentLength(narInfo.length());
    if (Answers.wantsBody(request)) {
      narInfo.writeTo(response.getOutputStream());
    }
  }
}
