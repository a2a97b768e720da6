package narthex.upstream;

import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's answer to one request. Used by one thread.
 *
 * <p>The client library reads a body that is closed early to its end, however long that takes, and
 * throws where it breaks. So the request is cancelled first: a close drops the connection at once
 * unless the body was read to its end, and never fails.
 *
 * @param response its head, and its body as it comes from the connection
 * @param request what drops the connection; does nothing once that has been given back
 */
record UpstreamAnswer(ClassicHttpResponse response, Cancellable request) implements Closeable {
  /** What is read of an unwanted body, so that its connection can be used again. */
  private static final int UNWANTED_BYTES = 16 << 10;

  int code() {
    return response.getCode();
  }

  @Nullable String header(String name) {
    Header header = response.getFirstHeader(name);
    return header == null ? null : header.getValue();
  }

  /** Whether a body that was cut can be told from a whole one. */
  boolean tellsItsEnd() {
    HttpEntity entity = response.getEntity();
    return entity == null || entity.isChunked() || entity.getContentLength() >= 0;
  }

  /** The body as it comes from the connection. Closing it closes the answer. */
  InputStream body() throws IOException {
    HttpEntity entity = response.getEntity();
    return entity == null
        ? InputStream.nullInputStream()
        : new FilterInputStream(entity.getContent()) {
          @Override
          public void close() {
            UpstreamAnswer.this.close();
          }
        };
  }

  /** Reads a small body that nobody wants, such as that of a miss, and closes the answer. */
  void closeUnwanted() {
    try (this) {
      body().readNBytes(UNWANTED_BYTES + 1);
    } catch (IOException e) {
      // Nobody wants it.
    }
  }

  @Override
  public void close() {
    request.cancel();
    try {
      response.close();
    } catch (IOException e) {
      // The connection is gone, which was the purpose.
    }
  }
}
