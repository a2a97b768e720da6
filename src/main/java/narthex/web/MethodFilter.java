package narthex.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;

/**
 * Answers 405 to methods that a path never supports; application servers would answer 501, or echo
 * the request. Also answers OPTIONS. {@link UploadFilter} and {@link DeletionResponder} check
 * whether uploads and deletions are enabled.
 */
public final class MethodFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;
  private static final Set<String> READING = Set.of("GET", "HEAD");

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String method = request.getMethod();
    String path = request.getServletPath();
    boolean upload = path.equals("/upload") || path.startsWith("/upload/");
    boolean job = path.equals("/admin/jobs");
    boolean pin = path.equals("/pin");
    boolean question = path.equals(MissingPathsServlet.PATH);
    boolean stored = !upload && (pin || path.equals("/nar") || path.endsWith(".narinfo"));
    if (READING.contains(method) && !job && !pin && !question
        || (job || pin || question) && method.equals("POST")
        || upload && method.equals("PUT")
        || stored && method.equals("DELETE")) {
      chain.doFilter(request, response);
      return;
    }
    response.setHeader(
        "Allow",
        job || question ? "POST" : pin ? "POST, DELETE" : upload ? "GET, HEAD, PUT" : "GET, HEAD");
    if (method.equals("OPTIONS")) {
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      return;
    }
    Answers.line(
        request, response, HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method not allowed");
  }
}
