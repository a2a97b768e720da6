package narthex.web;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request whose body has to come at a pace. For one thread. */
final class PacedRequest extends HttpServletRequestWrapper {
  /**
   * What is read of a body that nobody wanted: a client that looks for the answer only when it has
   * sent everything would else see a broken connection in its place.
   */
  private static final long MAX_REST_BYTES = 16L << 20;

  private static final Duration MAX_REST_TIME = Duration.ofSeconds(5);
  private static final int BUFFER_BYTES = 16 << 10;

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

  /** Reads a bounded rest of the body, if the client sends it without being asked. */
  void readRest() {
    if (!hasUnreadBody() || isBodyHeldBack()) {
      return;
    }
    long deadline = System.nanoTime() + MAX_REST_TIME.toNanos();
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream rest = getInputStream();
      long left = MAX_REST_BYTES;
      while (hasUnreadBody() && left > 0 && System.nanoTime() - deadline < 0) {
        left -= Math.max(rest.read(buffer, 0, buffer.length), 0);
      }
    } catch (IOException broken) {
      return; // and it stays unread, by which everybody knows
    }
  }

  /** Whether the client waits for leave to send the body, which nobody gave. */
  private boolean isBodyHeldBack() {
    return body == null && getHeader("Expect") != null;
  }

  /** Lets the timer go. */
  void release() {
    if (body != null) {
      body.release();
    }
  }
}
