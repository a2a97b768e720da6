package narthex.web;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** Keeps a small body, its type and its length from the client until somebody has seen it. */
final class HeldResponse extends HttpServletResponseWrapper {
  private final HttpServletResponse behind;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable String type;

  HeldResponse(HttpServletResponse response) {
    super(response);
    this.behind = response;
  }

  /** The response of the client. */
  HttpServletResponse behind() {
    return behind;
  }

  byte[] body() {
    return body.toByteArray();
  }

  /** The content type that was set, if any. */
  @Nullable String heldType() {
    return type;
  }

  @Override
  public void setContentType(String contentType) {
    type = contentType;
  }

  @Override
  public void setContentLength(int length) {
    // that of what is sent counts
  }

  @Override
  public void setContentLengthLong(long length) {
    // that of what is sent counts
  }

  @Override
  public void flushBuffer() {
    // nothing is sent before it was seen
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
