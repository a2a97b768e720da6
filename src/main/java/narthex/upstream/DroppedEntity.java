package narthex.upstream;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;

/**
 * A body whose closing before its end drops the connection. (The HTTP client's own would read all
 * the rest first, however long that is or takes.) What is short by its announcement, as the bodies
 * of error answers are, is read to its end instead, so that its connection can be used again.
 */
final class DroppedEntity extends HttpEntityWrapper {
  /** Up to this length, reading on is cheaper than connecting again. */
  private static final long SHORT_BYTES = 4096;

  private final Cancellable request;

  /**
   * @param request the request that this body answers; cancelling it once it is done does nothing
   */
  DroppedEntity(HttpEntity entity, Cancellable request) {
    super(entity);
    this.request = request;
  }

  @Override
  public InputStream getContent() throws IOException {
    return new FilterInputStream(super.getContent()) {
      @Override
      public void close() {
        DroppedEntity.this.close();
      }
    };
  }

  @Override
  public void close() {
    long length = getContentLength();
    if (length < 0 || length > SHORT_BYTES) {
      request.cancel();
    }
    try {
      super.close();
    } catch (IOException dropped) {
      // the connection is gone, as it should
    }
  }
}
