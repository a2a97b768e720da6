package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import narthex.ingest.UploadRefusedException;
import narthex.ingest.UploadRefusedException.Reason;
import narthex.nix.NixFormatException;
import narthex.nix.StorePath;
import narthex.nix.StorePathHash;

/**
 * {@code POST /missing-paths}: the body names store paths, one on a line. The answer has the lines
 * whose path isn't stored, in the same order. "Stored" means the same as for HEAD below {@code
 * /upload}: the narinfo and its NAR are stored. No upstream is asked.
 */
public final class MissingPathsServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  /** Servlet path, which needs the scope of reading although it is a POST. */
  static final String PATH = "/missing-paths";

  /** Most lines of a request: several times the closure of a large system. */
  static final int MAX_LINES = 50_000;

  /** Longest body: enough for that many full store paths of usual length. */
  static final long MAX_BYTES = 6 << 20;

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try (Turn turn = Site.of(request).resources().shares().take(Work.LISTS, request, response)) {
      if (!turn.isWaiting()) {
        answer(request, response);
      }
    }
  }

  private static void answer(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    String body = new UploadBody(request, MAX_BYTES, site.resources().decoders()).text();
    Map<String, StorePathHash> asked = parse(body, site.info().storeDir());
    Set<StorePathHash> here = site.lookups().narInfos().findAllHere(Set.copyOf(asked.values()));
    StringBuilder missing = new StringBuilder();
    asked.forEach(
        (line, hash) -> {
          if (!here.contains(hash)) {
            missing.append(line).append('\n');
          }
        });
    response.setHeader("Cache-Control", Answers.NO_STORE);
    response.setHeader("X-Content-Type-Options", "nosniff");
    Answers.text(request, response, "text/plain;charset=utf-8", missing.toString());
  }

  /** Parses the lines; an empty line is ignored, and a repeated one counts once. */
  private static Map<String, StorePathHash> parse(String body, String storeDir)
      throws UploadRefusedException {
    Map<String, StorePathHash> asked = new LinkedHashMap<>();
    int number = 0;
    for (String raw : (Iterable<String>) body.lines()::iterator) {
      number++;
      if (number > MAX_LINES) {
        throw refusal(Reason.TOO_LARGE, number, "too many lines, at most " + MAX_LINES);
      }
      String line = raw.strip();
      if (!line.isEmpty()) {
        try {
          asked.put(line, hash(line, storeDir));
        } catch (NixFormatException malformed) {
          throw refusal(Reason.WRONG, number, String.valueOf(malformed.getMessage()));
        }
      }
    }
    return asked;
  }

  /** Accepts a store path hash, {@code <hash>-<name>}, and a full path of this store directory. */
  private static StorePathHash hash(String line, String storeDir) {
    if (line.length() == StorePathHash.LENGTH) {
      return StorePathHash.parse(line);
    }
    StorePath path = StorePath.parse(line.startsWith("/") ? line : storeDir + "/" + line);
    if (!path.storeDir().equals(storeDir)) {
      throw new NixFormatException("not in " + storeDir + ": '" + line + "'");
    }
    return path.hash();
  }

  private static UploadRefusedException refusal(Reason reason, int line, String what) {
    return new UploadRefusedException(
        reason, String.format(Locale.ROOT, "line %d: %s", line, what));
  }
}
