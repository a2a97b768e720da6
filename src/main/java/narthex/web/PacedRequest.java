package narthex.web;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A request whose body has to come at a pace. For one thread. */
final class PacedRequest extends HttpServletRequestWrapper {
  private final BodyPace pace;
  private @Nullable PacedBody body;

  PacedRequest(HttpServletRequest request, BodyPace pace) {
    super(request);
    this.pace = pace;
  }

  @Override
  public ServletInputStream getInputStream() throws IOException {
    PacedBody opened = body;
    if (opened == null) {
      ServerRequest.limitWaits(getRequest(), pace.idle());
      opened =
          new PacedBody(
              super.getInputStream(), pace, reader -> ServerRequest.endRead(getRequest(), reader));
      body = opened;
    }
    return opened;
  }

  @Override
  public BufferedReader getReader() throws IOException {
    return new BufferedReader(new InputStreamReader(getInputStream(), StandardCharsets.UTF_8));
  }

  /** Whether there is a body of which something may still come. */
  boolean hasUnreadBody() {
    long announced = getContentLengthLong();
    if (announced <= 0 && getHeader("Transfer-Encoding") == null) {
      return false;
    }
    return body == null || !body.isEnded() && body.count() != announced;
  }

  /** Whether the server could not read the body. */
  boolean isBodyBroken() {
    return body != null && body.isBroken();
  }

  /** Whether the client waits for leave to send the body, which nobody gave. */
  boolean isBodyHeldBack() {
    return body == null && getHeader("Expect") != null;
  }

  /** Lets the timer go. */
  void release() {
    if (body != null) {
      body.release();
    }
  }
}
