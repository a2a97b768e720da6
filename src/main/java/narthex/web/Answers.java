package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import narthex.ingest.Stored;

/** Small answers that several servlets give. */
final class Answers {
  static final String NO_STORE = "no-store";

  private Answers() {}

  /** Whether the body is wanted: not for HEAD. */
  static boolean wantsBody(HttpServletRequest request) {
    return !"HEAD".equals(request.getMethod());
  }

  /** Answers a whole text; its length is that of the body also for HEAD. */
  static void text(
      HttpServletRequest request, HttpServletResponse response, String contentType, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    response.setContentType(contentType);
    response.setContentLength(body.length);
    if (wantsBody(request)) {
      response.getOutputStream().write(body);
    }
  }

  /** Answers that what was put is stored: 201 if it is new, else 200; never with a body. */
  static void stored(HttpServletResponse response, Stored stored) {
    response.setStatus(
        stored == Stored.NEW ? HttpServletResponse.SC_CREATED : HttpServletResponse.SC_OK);
    response.setContentLength(0);
  }

  /** Answers a status with one line of text that no proxy keeps. */
  static void line(
      HttpServletRequest request, HttpServletResponse response, int status, String line)
      throws IOException {
    response.setStatus(status);
    response.setHeader("Cache-Control", NO_STORE);
    response.setHeader("X-Content-Type-Options", "nosniff");
    text(request, response, "text/plain;charset=utf-8", line + "\n");
  }
}
