package narthex.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import narthex.serve.Advertising;
import narthex.serve.ServedNarInfo;
import org.jspecify.annotations.Nullable;

/**
 * In eager CDC mode, ensures that no narinfo advertises a compressed file, whatever the database
 * row says. Only a zstd file made of stored chunks is allowed, if {@link Advertising} chose it. The
 * filter requests the whole narinfo from the servlet and sets Content-Length and ETag, and
 * evaluates If-None-Match, for the text that it sends.
 */
public final class EagerCdcNarInfoFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Advertising advertising = Site.of(request).advertising();
    if (!advertising.isPredictive() || !isRead(request)) {
      chain.doFilter(request, response);
      return;
    }
    HeldResponse held = new HeldResponse(response);
    chain.doFilter(new WholeRequest(request), held);
    if (!request.isAsyncStarted()) { // else it waits for a permit and is dispatched again
      send(advertising, request, held);
    }
  }

  private static boolean isRead(HttpServletRequest request) {
    String path = request.getRequestURI();
    return path.endsWith(NarInfoResponder.SUFFIX)
        && (request.getMethod().equals("GET") || request.getMethod().equals("HEAD"));
  }

  static void send(Advertising advertising, HttpServletRequest request, HeldResponse held)
      throws IOException {
    byte[] body = held.body();
    HttpServletResponse response = held.behind();
    boolean isFinal =
        request.getAttribute(NarInfoResponder.ANSWER) instanceof ServedNarInfo answer
            && answer.isFinal()
            && answer.hasBody(body);
    if (held.getStatus() == HttpServletResponse.SC_OK
        && NarInfoResponder.CONTENT_TYPE.equals(held.heldType())) {
      ServedNarInfo told = isFinal ? null : advertising.lastWord(body).orElse(null);
      if (told != null) {
        body = told.bytes();
      }
      String tag = told == null ? held.getHeader("ETag") : told.entityTag();
      if (Preconditions.answered(request, response, String.valueOf(tag))) {
        return;
      }
    }
    if (held.heldType() != null) {
      response.setContentType(held.heldType());
    }
    response.setContentLength(body.length);
    if (Answers.wantsBody(request)) {
      response.getOutputStream().write(body);
    }
  }

  /** A GET without If-None-Match, because the entity tag may change after the servlet. */
  private static final class WholeRequest extends HttpServletRequestWrapper {
    WholeRequest(HttpServletRequest request) {
      super(request);
    }

    @Override
    public String getMethod() {
      return "GET";
    }

    @Override
    public @Nullable String getHeader(String name) {
      return name.equalsIgnoreCase("If-None-Match") ? null : super.getHeader(name);
    }
  }
}
