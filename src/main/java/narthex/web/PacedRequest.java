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

/**
 * A request whose body the client must send at a {@link BodyPace}. Not thread-safe. Call {@link
 * #release} when the request has been answered.
 */
final class PacedRequest extends HttpServletRequestWrapper {
  /**
   * How much of an unread body is read and discarded. A client that reads the response only after
   * sending the whole body would otherwise see a connection reset instead.
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

  /** Returns whether the request has a body that hasn't been read to its end. */
  boolean hasUnreadBody() {
    long announced = getContentLengthLong();
    if (announced <= 0 && getHeader("Transfer-Encoding") == null) {
      return false;
    }
    return body == null || !body.isEnded() && body.count() != announced;
  }

  /** Returns whether reading the body failed. */
  boolean isBodyBroken() {
    return body != null && body.isBroken();
  }

  /**
   * Reads and discards the rest of the body, up to 16 MiB; begins no read after 5 seconds. Does
   * nothing if the client waits for {@code 100 Continue}. Throws no exception: if a read fails,
   * {@link #hasUnreadBody} stays true.
   */
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
      return; // hasUnreadBody() stays true
    }
  }

  /**
   * Returns whether the client waits for {@code 100 Continue} (RFC 9110, 10.1.1), which the server
   * sends at the first read.
   */
  private boolean isBodyHeldBack() {
    return body == null && getHeader("Expect") != null;
  }

  /** Cancels the timer of the body. */
  void release() {
    if (body != null) {
      body.release();
    }
  }
}
