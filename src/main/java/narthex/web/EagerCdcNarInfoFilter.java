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
 * The last word on every narinfo while NARs are chunked eagerly: none leaves that names a
 * compressed file, whatever a row says and whoever wrote it; but the frames of stored chunks are
 * one if that is advertised. What is behind this filter is asked for the whole text; length, entity
 * tag and preconditions are those of what is sent.
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
    if (!request.isAsyncStarted()) { // else it waits, and comes here again
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

  /** Wants the whole answer: only what is sent in the end can match a tag. */
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
