package narthex.web;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Turns every failure to write to the client into a {@link ClientGoneException}, to distinguish it
 * from other {@link IOException}s. Application servers throw different exceptions, and Undertow a
 * plain {@code IOException}. Not thread-safe.
 */
final class ClientResponse extends HttpServletResponseWrapper {

  private @Nullable ServletOutputStream stream;

  ClientResponse(HttpServletResponse response) {
    super(response);
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
  }

  private static final class ClientStream extends ServletOutputStream {

    private final ServletOutputStream out;

    ClientStream(ServletOutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int octet) throws IOException {
      try {
        out.write(octet);
      } catch (IOException gone) {
        throw new ClientGoneException(gone);
      }
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      try {
        out.write(bytes, from, length);
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
