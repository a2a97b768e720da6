package narthex.web;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.PrintWriter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Buffers a small body and its content type, so that a filter can change them before it sends them.
 * Status and other headers go to the client's response directly. Not thread-safe.
 */
final class HeldResponse extends HttpServletResponseWrapper {
  /** Longest body for which memory is taken at once. */
  private static final int MOST_AT_ONCE = 1 << 20;

  private final HttpServletResponse behind;
  private byte[] body = new byte[0];
  private int length;
  private @Nullable String type;

  HeldResponse(HttpServletResponse response) {
    super(response);
    this.behind = response;
  }

  /** Returns the client's response. */
  HttpServletResponse behind() {
    return behind;
  }

  /**
   * Returns the body so far; the caller doesn't change it. No copy if its length was set before.
   */
  byte[] body() {
    return length == body.length ? body : Arrays.copyOf(body, length);
  }

  /** Returns the content type, or null if none was set. */
  @Nullable String heldType() {
    return type;
  }

  @Override
  public void setContentType(String contentType) {
    type = contentType;
  }

  /** Makes room for the body. The filter sets the length of the body that it sends. */
  @Override
  public void setContentLength(int bytes) {
    setContentLengthLong(bytes);
  }

  /** Makes room for the body. The filter sets the length of the body that it sends. */
  @Override
  public void setContentLengthLong(long bytes) {
    if (bytes > body.length && bytes <= MOST_AT_ONCE) {
      body = Arrays.copyOf(body, (int) bytes);
    }
  }

  @Override
  public void flushBuffer() {
    // the filter sends the body
  }

  @Override
  public PrintWriter getWriter() {
    throw new IllegalStateException("narinfos are written as bytes");
  }

  @Override
  public ServletOutputStream getOutputStream() {
    return new ServletOutputStream() {
      @Override
      public void write(int one) {
        write(new byte[] {(byte) one}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int count) {
        append(bytes, from, count);
      }

      @Override
      public boolean isReady() {
        return true;
      }

      @Override
      public void setWriteListener(WriteListener listener) {
        throw new IllegalStateException("narinfos are not written asynchronously");
      }
    };
  }

  private void append(byte[] bytes, int from, int count) {
    int end = Math.addExact(length, count);
    if (end > body.length) {
      body = Arrays.copyOf(body, Math.max(end, 2 * length));
    }
    System.arraycopy(bytes, from, body, length, count);
    length = end;
  }
}
