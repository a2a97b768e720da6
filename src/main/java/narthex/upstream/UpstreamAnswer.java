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
 * The response to one request. The caller closes it. For one thread.
 *
 * <p>Closing it never throws, and drops the connection at once unless the body was read to its end.
 * To do so it cancels the request first: the client library alone would read the rest of the body,
 * however long that takes.
 *
 * @param response status, headers and body
 * @param request cancelling it drops the connection, unless the pool has it back already
 */
record UpstreamAnswer(ClassicHttpResponse response, Cancellable request) implements Closeable {
  /** Longest unwanted body that is read in order to keep its connection. */
  private static final int UNWANTED_BYTES = 16 << 10;

  int code() {
    return response.getCode();
  }

  @Nullable String header(String name) {
    Header header = response.getFirstHeader(name);
    return header == null ? null : header.getValue();
  }

  /** Whether a truncated body can be detected: it has a length or is chunked. */
  boolean tellsItsEnd() {
    HttpEntity entity = response.getEntity();
    return entity == null || entity.isChunked() || entity.getContentLength() >= 0;
  }

  /** The raw body; empty if there is none. Closing it closes this response. */
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

  /**
   * Closes the response. Reads a small body first, such as that of a 404, to keep the connection.
   */
  void closeUnwanted() {
    try (this) {
      body().readNBytes(UNWANTED_BYTES + 1);
    } catch (IOException e) {
      // The body isn't needed.
    }
  }

  @Override
  public void close() {
    request.cancel();
    try {
      response.close();
    } catch (IOException e) {
      // The connection is closed anyway.
    }
  }
}
