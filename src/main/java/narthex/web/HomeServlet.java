package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import narthex.serve.SiteInfo;

/**
 * {@code GET /}: the home page, with the public keys, the state of the upstreams and a
 * configuration to copy.
 */
public final class HomeServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private transient String template = "";

  @Override
  public void init() {
    try (InputStream page =
        Objects.requireNonNull(HomeServlet.class.getResourceAsStream("home.html"))) {
      template = new String(page.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("the page is part of the application", e);
    }
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    SiteInfo info = site.info();
    List<String> keys = info.printPublicKeys().lines().toList();
    String page =
        template
            .replace("{{hostname}}", escape(info.hostname()))
            .replace("{{url}}", escape(url(request)))
            .replace("{{storeDir}}", escape(info.storeDir()))
            .replace("{{upstreams}}", escape(upstreams(site)))
            .replace("{{publicKeys}}", escape(String.join("\n", keys)))
            .replace("{{publicKeysOfConf}}", escape(String.join(" ", keys)))
            .replace("{{publicKeysOfNixos}}", escape('"' + String.join("\" \"", keys) + '"'));
    response.setHeader("Cache-Control", "no-cache");
    response.setHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    response.setHeader("X-Content-Type-Options", "nosniff");
    Answers.text(request, response, "text/html;charset=utf-8", page);
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }

  private static String upstreams(Site site) {
    List<String> states = site.readiness().upstreams();
    return states.isEmpty() ? "none" : String.join("\n", states);
  }

  /** Returns the base URL that the client used. */
  private static String url(HttpServletRequest request) {
    int port = request.getServerPort();
    boolean usual = port == (request.isSecure() ? HTTPS_PORT : HTTP_PORT);
    return request.getScheme()
        + "://"
        + request.getServerName()
        + (usual ? "" : ":" + port)
        + request.getContextPath();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
