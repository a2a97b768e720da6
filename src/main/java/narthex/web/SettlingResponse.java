package narthex.web;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;

/**
 * A response before whose first byte a rest of the request's body is read that nobody wanted: later
 * Tomcat lets nobody read it, and a client that is still sending would see a broken connection in
 * place of the answer. For one thread.
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

  /** Reads the rest, once, or says that the connection will be closed. */
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
