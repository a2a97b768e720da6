package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import narthex.maintain.JobRefusedException;
import narthex.maintain.JobRefusedException.Reason;
import narthex.maintain.Paths;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /admin/paths}: store paths as JSON, by {@code search}, {@code order} or {@code
 * referrers}; {@code GET /admin/paths/<hash>}: all that is known of one.
 */
public final class AdminPathsServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final Set<String> OPTIONS = Set.of("search", "order", "referrers", "after");
  private static final int LONGEST = 300;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try (Turn turn = Site.of(request).resources().shares().take(Work.JOBS, request, response)) {
      if (!turn.isWaiting()) {
        answer(turn.request(), turn.response());
      }
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }

  private static void answer(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site.Administration administration = Site.of(request).administration();
    String rest = request.getPathInfo();
    if (rest == null) {
      Answers.json(request, response, find(administration.paths(), request.getQueryString()));
      return;
    }
    Optional<Map<String, Object>> path =
        administration.page().describe(StorePathHash.parse(rest.substring(1)));
    if (path.isPresent()) {
      Answers.json(request, response, path.get());
    } else {
      Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "no such path");
    }
  }

  private static Map<String, Object> find(Paths paths, @Nullable String query) throws IOException {
    Map<String, String> options = JobServlet.options(query);
    for (Map.Entry<String, String> option : options.entrySet()) {
      if (!OPTIONS.contains(option.getKey())) {
        throw wrong("unknown option; options: search, order, referrers, after");
      }
      if (option.getValue().length() > LONGEST) {
        throw wrong("option " + option.getKey() + ": too long");
      }
    }
    String after = options.getOrDefault("after", "");
    String search = options.getOrDefault("search", "");
    String referrers = options.get("referrers");
    if (referrers != null) {
      return paths.referrers(StorePathHash.parse(referrers), after);
    }
    if (!search.isBlank()) {
      return paths.search(search, after);
    }
    try {
      return paths.list(options.getOrDefault("order", "used"), after);
    } catch (IllegalArgumentException e) {
      throw wrong("option order or after: " + e.getMessage());
    }
  }

  private static JobRefusedException wrong(String line) {
    return new JobRefusedException(Reason.WRONG_OPTION, line);
  }
}
