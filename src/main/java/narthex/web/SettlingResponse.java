package narthex.web;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;

/**
 * Reads and discards the rest of the request body before the response begins. Tomcat doesn't allow
 * that later, and a client that is still sending would see a connection reset instead of the
 * response. Not thread-safe.
 */
final class SettlingResponse extends HttpServletResponseWrapper {
  private final PacedRequest request;
  private boolean settled;

  SettlingResponse(HttpServletResponse response, PacedRequest request) {
    super(response);
    this.request = request;
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    settle();
    return super.getOutputStream();
  }

  @Override
  public void flushBuffer() throws IOException {
    settle();
    super.flushBuffer();
  }

  @Override
  public void sendError(int status) throws IOException {
    settle();
    super.sendError(status);
  }

  @Override
  public void sendError(int status, String message) throws IOException {
    settle();
    super.sendError(status, message);
  }

  /**
   * Reads the rest of the request body, unless done before or the response is committed. If a part
   * stays unread, sets {@code Connection: close}.
   */
  void settle() {
    if (settled || isCommitted()) {
      return;
    }
    settled = true;
    request.readRest();
    if (request.hasUnreadBody()) {
      setHeader("Connection", "close");
    }
  }
}
