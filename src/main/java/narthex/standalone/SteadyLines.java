package narthex.standalone;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Lines that must come steadily. A server that vanished, without closing its connection, sends
 * nothing any more: then the next line fails. For one thread.
 */
final class SteadyLines implements Closeable {
  private final InputStream body;
  private final BufferedReader in;
  private final Duration silence;

  /**
   * @param body the lines; closed with this
   * @param silence the longest time without a line
   */
  SteadyLines(InputStream body, Duration silence) {
    this.body = body;
    this.in = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    this.silence = silence;
  }

  /**
   * Waits for the next line; returns null after the last one.
   *
   * @throws HttpTimeoutException if none came in time
   * @throws IOException if reading fails
   */
  @Nullable String next() throws IOException, InterruptedException {
    FutureTask<Optional<String>> line = new FutureTask<>(() -> Optional.ofNullable(in.readLine()));
    Thread thread = new Thread(line, "next-line");
    thread.setDaemon(true);
    thread.start();
    try {
      return line.get(silence.toMillis(), TimeUnit.MILLISECONDS).orElse(null);
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("no line came in time");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Closes the body itself: its reader is locked while a thread waits for a line. */
  @Override
  public void close() throws IOException {
    body.close();
  }
}
