package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import narthex.maintain.JobRefusedException;
import narthex.maintain.JobRefusedException.Reason;
import narthex.maintain.JobRun;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /admin/jobs/<name>?option=value&…}: runs a job and sends its lines, one JSON object
 * each, until it ends. The job belongs to its request: when the client leaves, it is stopped.
 */
public final class JobServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String path = request.getPathInfo();
    String name = path == null ? "" : path.substring(1);
    run(name, options(request.getQueryString()), request, response);
  }

  /** Runs a job and sends its lines. */
  static void run(
      String name,
      Map<String, String> options,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    try (Turn turn = site.resources().shares().take(Work.JOBS, request, response)) {
      if (!turn.isWaiting()) {
        JobRun run = site.jobs().start(name, options);
        try {
          send(turn.request(), turn.response(), run);
        } finally {
          run.stop();
        }
      }
    }
  }

  private static void send(HttpServletRequest request, HttpServletResponse response, JobRun run)
      throws IOException {
    response.setContentType("application/x-ndjson");
    response.setHeader("Cache-Control", Answers.NO_STORE);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("X-Accel-Buffering", "no"); // else nginx keeps the lines back
    OutputStream out = response.getOutputStream();
    response.flushBuffer();
    ClientWatch client = new ClientWatch(request);
    run.follow(
        new JobRun.Reader() {
          @Override
          public void read(List<String> lines) throws IOException {
            out.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
          }

          @Override
          public void look() throws IOException {
            client.look();
          }
        });
  }

  /**
   * Parses the query. Not by {@link HttpServletRequest#getParameter}, which may read the body too,
   * at any pace.
   */
  static Map<String, String> options(@Nullable String query) throws JobRefusedException {
    Map<String, String> options = new LinkedHashMap<>();
    if (query == null) {
      return options;
    }
    for (String option : query.split("&", -1)) {
      int equals = option.indexOf('=');
      String name = decode(equals < 0 ? option : option.substring(0, equals));
      String value = equals < 0 ? "" : decode(option.substring(equals + 1));
      if (!option.isEmpty() && options.put(name, value) != null) {
        throw new JobRefusedException(Reason.WRONG_OPTION, "option " + name + ": given twice");
      }
    }
    return options;
  }

  private static String decode(String text) throws JobRefusedException {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      throw new JobRefusedException(Reason.WRONG_OPTION, "the query is malformed");
    }
  }
}
