package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import narthex.document.NarFiles;
import narthex.document.NarFiles.Found;
import narthex.nix.NarListing;
import narthex.serve.NarSource;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /serve/<hash>/<path>}: a file in a store path, or the entries of a directory as HTML
 * or JSON. If the store path has no listing yet, both GET and HEAD wait for the NAR.
 *
 * <p>The content is untrusted and served from our origin, so the headers forbid browsers to run it.
 * What could be run is for download only.
 */
public final class FileServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final String JSON = "application/json";

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    FilePath path = FilePath.of(request);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Content-Security-Policy", DirectoryPage.POLICY);
    try (Turn turn = Site.of(request).resources().shares().take(Work.COMING, request, response)) {
      if (!turn.isWaiting()) {
        answer(path, turn.request(), turn.response());
      }
    }
  }

  private void answer(FilePath path, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Optional<Found> found =
        Site.of(request)
            .lookups()
            .files()
            .find(path.hash(), path.names(), new ClientWatch(request));
    if (found.isEmpty()) {
      absent(request, response, "no such file");
    } else if (found.get() instanceof NarFiles.FoundFile file) {
      try (NarSource contents = file.contents()) {
        if (path.isDirectory()) {
          absent(request, response, "not a directory");
        } else {
          sendFile(path, contents, request, response);
        }
      }
    } else if (found.get() instanceof NarFiles.FoundDirectory directory) {
      if (path.isDirectory()) {
        sendDirectory(path, directory, request, response);
      } else {
        redirect(response, HttpServletResponse.SC_MOVED_PERMANENTLY, path.asDirectory());
      }
    } else if (found.get() instanceof NarFiles.FoundElsewhere elsewhere) {
      redirect(response, HttpServletResponse.SC_FOUND, path.to(elsewhere));
    } else if (found.get() instanceof NarFiles.FoundNothing nothing) {
      absent(request, response, nothing.reason());
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }

  private static void absent(
      HttpServletRequest request, HttpServletResponse response, String reason) throws IOException {
    Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, reason);
  }

  /** Redirects to a relative location, which is valid behind every proxy and in every context. */
  private static void redirect(HttpServletResponse response, int status, String location) {
    response.setStatus(status);
    response.setHeader("Location", location);
    response.setHeader("Cache-Control", DocumentResponder.PUBLIC);
    response.setContentLength(0);
  }

  private static void sendFile(
      FilePath path, NarSource contents, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String tag = '"' + contents.entityTag().orElseThrow() + '"';
    long length = contents.length().orElseThrow();
    response.setHeader("Cache-Control", DocumentResponder.PUBLIC);
    String type = ContentTypes.ofName(path.lastName());
    response.setContentType(type);
    if (ContentTypes.isActive(type)) {
      response.setHeader("Content-Disposition", "attachment");
    }
    response.setHeader("Accept-Ranges", "bytes");
    if (Preconditions.answered(request, response, tag)) {
      return;
    }
    if (Answers.wantsBody(request)) {
      RangeResponder.send(contents, length, tag, request, response);
    } else {
      response.setContentLengthLong(length);
    }
  }

  private static void sendDirectory(
      FilePath path,
      NarFiles.FoundDirectory directory,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    boolean isJson = prefersJson(request.getHeader("Accept"));
    response.setHeader("Cache-Control", DocumentResponder.PUBLIC);
    response.setHeader("Vary", "Accept");
    String tag = '"' + directory.entityTag() + (isJson ? "-json\"" : "-html\"");
    if (Preconditions.answered(request, response, tag)) {
      return;
    }
    if (!isJson) {
      Answers.text(request, response, "text/html;charset=utf-8", page(path, directory.directory()));
      return;
    }
    response.setContentType(JSON);
    if (Answers.wantsBody(request)) {
      Writer out = new OutputStreamWriter(response.getOutputStream(), StandardCharsets.UTF_8);
      directory.listing().writeTo(out);
      out.flush();
    }
  }

  /** Returns whether Accept names JSON and not {@code text/html}, as browsers do. */
  private static boolean prefersJson(@Nullable String accept) {
    return accept != null && accept.contains(JSON) && !accept.contains("text/html");
  }

  private static String page(FilePath path, NarListing.Directory directory) {
    List<DirectoryPage.Row> rows =
        directory.entries().entrySet().stream()
            .map(entry -> DirectoryPage.Row.of(entry.getKey(), entry.getValue()))
            .toList();
    boolean isPart = rows.size() >= NarFiles.MAX_ENTRIES;
    return DirectoryPage.print(path.print(), rows, isPart ? "Only the first are shown." : "");
  }
}
