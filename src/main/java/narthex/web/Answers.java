package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import narthex.ingest.Stored;
import narthex.nix.StrictJson;

/** Short responses that several servlets send. */
final class Answers {
  static final String NO_STORE = "no-store";

  private Answers() {}

  /** Returns whether the response has a body: false for HEAD. */
  static boolean wantsBody(HttpServletRequest request) {
    return !"HEAD".equals(request.getMethod());
  }

  /** Sends a text as UTF-8. The response to HEAD has the same Content-Length, but no body. */
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

  /** Sends a JSON object that only its reader may keep. */
  static void json(HttpServletRequest request, HttpServletResponse response, Map<String, ?> json)
      throws IOException {
    response.setHeader("Cache-Control", NO_STORE);
    response.setHeader("X-Content-Type-Options", "nosniff");
    text(request, response, "application/json", StrictJson.print(json) + "\n");
  }

  /** Answers a successful PUT: 201 if the object is new, else 200. No body. */
  static void stored(HttpServletResponse response, Stored stored) {
    response.setStatus(
        stored == Stored.NEW ? HttpServletResponse.SC_CREATED : HttpServletResponse.SC_OK);
    response.setContentLength(0);
  }

  /** Sends a status with one line of text, as {@code no-store}. */
  static void line(
      HttpServletRequest request, HttpServletResponse response, int status, String line)
      throws IOException {
    response.setStatus(status);
    response.setHeader("Cache-Control", NO_STORE);
    response.setHeader("X-Content-Type-Options", "nosniff");
    text(request, response, "text/plain;charset=utf-8", line + "\n");
  }
}
