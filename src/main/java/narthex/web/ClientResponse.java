package narthex.web;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Turns every failure to write to the client into a {@link ClientGoneException}, to distinguish it
 * from other {@link IOException}s. Application servers throw different exceptions, and Undertow a
 * plain {@code IOException}. Not thread-safe.
 */
final class ClientResponse extends HttpServletResponseWrapper {

  private static final String ATTRIBUTE = ClientResponse.class.getName();

  private @Nullable ServletOutputStream stream;
  private long sentBytes;

  /** When the first byte of the body was written; meaningless while {@link #sentBytes} is 0. */
  private long firstByteAt;

  ClientResponse(HttpServletResponse response) {
    super(response);
  }

  /** Wraps a response, and remembers it for {@link #sentBytes(ServletRequest)}. */
  static ClientResponse of(HttpServletRequest request, HttpServletResponse response) {
    ClientResponse wrapped = new ClientResponse(response);
    request.setAttribute(ATTRIBUTE, wrapped);
    return wrapped;
  }

  /** Returns how many bytes of a body were written; not what the server sends by sendfile. */
  static long sentBytes(ServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof ClientResponse response
        ? response.sentBytes
        : 0;
  }

  /**
   * Returns the {@link System#nanoTime} at which the first byte of a body was written; empty if
   * none was.
   */
  static OptionalLong firstByteAt(ServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof ClientResponse response
            && response.sentBytes > 0
        ? OptionalLong.of(response.firstByteAt)
        : OptionalLong.empty();
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    if (stream == null) {
      stream = new ClientStream(super.getOutputStream());
    }
    return stream;
  }

  @Override
  public void flushBuffer() throws IOException {
    try {
      super.flushBuffer();
    } catch (IOException gone) {
      throw new ClientGoneException(gone);
    }
  }

  @Override
  public void reset() {
    super.reset();
    stream = null;
    sentBytes = 0;
  }

  private void count(int written) {
    if (sentBytes == 0) {
      firstByteAt = System.nanoTime();
    }
    sentBytes += written;
  }

  private final class ClientStream extends ServletOutputStream {

    private final ServletOutputStream out;

    ClientStream(ServletOutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int octet) throws IOException {
      try {
        out.write(octet);
        count(1);
      } catch (IOException gone) {
        throw new ClientGoneException(gone);
      }
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      try {
        out.write(bytes, from, length);
        count(length);
      } catch (IOException gone) {
        throw new ClientGoneException(gone);
      }
    }

    @Override
    public void flush() throws IOException {
      try {
        out.flush();
      } catch (IOException gone) {
        throw new ClientGoneException(gone);
      }
    }

    @Override
    public void close() throws IOException {
      try {
        out.close();
      } catch (IOException gone) {
        throw new ClientGoneException(gone);
      }
    }

    @Override
    public boolean isReady() {
      return out.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      out.setWriteListener(listener);
    }
  }
}
