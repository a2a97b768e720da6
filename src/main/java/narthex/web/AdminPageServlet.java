package narthex.web;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import narthex.nix.Sha256;

/**
 * {@code GET /admin/}: the page for administrators, and the files that it consists of. They lie in
 * the folder {@code admin} of the web application, have nothing to hide, and are small enough to be
 * kept in memory.
 */
public final class AdminPageServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  private static final String FOLDER = "/admin/";
  private static final String INDEX = "index.html";

  /** Needs the scope admin, unlike the page, so that a browser asks its user for a password. */
  private static final String LOGIN = "/login";

  /** Nothing but our own files, no frame around it, and no plug-in in it. */
  private static final String POLICY =
      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
          + " object-src 'none'";

  private record PageFile(byte[] bytes, String tag, String type) {}

  private transient Map<String, PageFile> files = Map.of();

  @Override
  public void init() throws ServletException {
    ServletContext context = getServletContext();
    Set<String> paths = context.getResourcePaths(FOLDER);
    Map<String, PageFile> read = new HashMap<>();
    try {
      for (String path : paths == null ? Set.<String>of() : paths) {
        try (InputStream in = context.getResourceAsStream(path)) {
          if (in != null) {
            byte[] bytes = in.readAllBytes();
            String name = path.substring(FOLDER.length());
            String tag = '"' + Sha256.of(Sha256.newDigest().digest(bytes)).nix32() + '"';
            read.put(name, new PageFile(bytes, tag, ContentTypes.ofName(name)));
          }
        }
      }
    } catch (IOException e) {
      throw new ServletException("the page is part of the application", e);
    }
    files = Map.copyOf(read);
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String path = request.getPathInfo();
    if (path == null) {
      redirect(response, HttpServletResponse.SC_MOVED_PERMANENTLY, "admin/");
      return;
    }
    if (path.equals(LOGIN)) {
      response.setHeader("Cache-Control", Answers.NO_STORE);
      redirect(response, HttpServletResponse.SC_FOUND, "./");
      return;
    }
    PageFile file = files.get(path.equals("/") ? INDEX : path.substring(1));
    if (file == null) {
      Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "no such page");
      return;
    }
    response.setHeader("Cache-Control", "no-cache");
    response.setHeader("Content-Security-Policy", POLICY);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    if (Preconditions.answered(request, response, file.tag())) {
      return;
    }
    response.setContentType(file.type());
    response.setContentLength(file.bytes().length);
    if (Answers.wantsBody(request)) {
      response.getOutputStream().write(file.bytes());
    }
  }

  /** Redirects to a relative location, which is right behind every prefix. */
  private static void redirect(HttpServletResponse response, int status, String location) {
    response.setStatus(status);
    response.setHeader("Location", location);
    response.setContentLength(0);
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }
}
