package narthex.web;

import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import narthex.nix.NixFormatException;
import narthex.nix.StorePathHash;
import narthex.serve.NarInfoLookup;
import narthex.serve.ServedNarInfo;

/**
 * {@code GET /<hash>.narinfo}. What cannot be told just now is answered like a miss that nobody
 * keeps: a 5xx here would make clients fail their build (design, promise 7).
 */
public final class NarInfoServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(NarInfoServlet.class.getName());
  private static final String SUFFIX = ".narinfo";

  /** A narinfo may change (another compression, another key), so proxies keep it for an hour. */
  private static final String CACHE_CONTROL = "public, max-age=3600";

  @Inject private transient NarInfoLookup lookup;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    StorePathHash hash = hash(request.getServletPath());
    Optional<ServedNarInfo> found = find(hash);
    if (found.isEmpty()) {
      Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "no such narinfo");
      return;
    }
    ServedNarInfo narInfo = found.get();
    response.setHeader("Cache-Control", CACHE_CONTROL);
    if (Preconditions.answered(request, response, narInfo.entityTag())) {
      return;
    }
    response.setContentType("text/x-nix-narinfo");
    response.setContentLength(narInfo.length());
    if (Answers.wantsBody(request)) {
      narInfo.writeTo(response.getOutputStream());
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }

  /** The servlet is mapped to a suffix, so the path may be anything that ends in it. */
  private static StorePathHash hash(String path) {
    String name = path.substring(1, path.length() - SUFFIX.length());
    if (name.indexOf('/') >= 0) {
      throw new NixFormatException("a narinfo lies at the root");
    }
    return StorePathHash.parse(name);
  }

  private Optional<ServedNarInfo> find(StorePathHash hash) {
    try {
      return lookup.find(hash);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "narinfo cannot be told, answered as a miss hash={0} reason={1}",
          hash.text(),
          e.getMessage());
      return Optional.empty();
    }
  }
}
