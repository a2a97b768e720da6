package narthex.web;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/**
 * Buffers a small body and its content type, so that a filter can change them before it sends them.
 * Status and other headers go to the client's response directly. Not thread-safe.
 */
final class HeldResponse extends HttpServletResponseWrapper {
  private final HttpServletResponse behind;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable String type;

  HeldResponse(HttpServletResponse response) {
    super(response);
    this.behind = response;
  }

  /** Returns the client's response. */
  HttpServletResponse behind() {
    return behind;
  }

  byte[] body() {
    return body.toByteArray();
  }

  /** Returns the content type, or null if none was set. */
  @Nullable String heldType() {
    return type;
  }

  @Override
  public void setContentType(String contentType) {
    type = contentType;
  }

  @Override
  public void setContentLength(int length) {
    // the filter sets the length of the body that it sends
  }

  @Override
  public void setContentLengthLong(long length) {
    // the filter sets the length of the body that it sends
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
        body.write(one);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) {
        body.write(bytes, offset, length);
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
}
