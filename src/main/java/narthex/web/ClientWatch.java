package narthex.web;

import jakarta.servlet.ServletRequest;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import narthex.stream.DecoderShare;

/**
 * Checks whether the client has left, at most twice a second. Works where {@link
 * ServerRequest#isClientGone} does. Not thread-safe; for the thread of the request.
 */
final class ClientWatch implements DecoderShare.Watch {
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final ServletRequest request;
  private long looked = System.nanoTime() - PAUSE.toNanos();

  ClientWatch(ServletRequest request) {
    this.request = request;
  }

  @Override
  public void look() throws IOException {
    long now = System.nanoTime();
    if (now - looked < PAUSE.toNanos()) {
      return;
    }
    looked = now;
    if (ServerRequest.isClientGone(request)) {
      throw new ClientGoneException(new EOFException("the client closed its connection"));
    }
  }
}
