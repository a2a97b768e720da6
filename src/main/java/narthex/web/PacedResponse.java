package narthex.web;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A response that the client must read at a {@link ReaderPace}. Not thread-safe. */
final class PacedResponse extends HttpServletResponseWrapper {
  private final ReaderPace pace;
  private @Nullable ServletOutputStream stream;

  PacedResponse(HttpServletResponse response, ReaderPace pace) {
    super(response);
    this.pace = pace;
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    if (stream == null) {
      stream = new PacedStream(super.getOutputStream(), pace);
    }
    return stream;
  }

  private static final class PacedStream extends ServletOutputStream {
    private final ServletOutputStream out;
    private final ReaderPace pace;

    PacedStream(ServletOutputStream out, ReaderPace pace) {
      this.out = out;
      this.pace = pace;
    }

    @Override
    public void write(int octet) throws IOException {
      write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      pace.beginWrite();
      try {
        out.write(buffer, offset, length);
      } finally {
        pace.endWrite(length);
      }
    }

    @Override
    public void flush() throws IOException {
      pace.beginWrite();
      try {
        out.flush();
      } finally {
        pace.endWrite(0);
      }
    }

    @Override
    public void close() throws IOException {
      out.close();
    }

    @Override
    public boolean isReady() {
      return out.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      throw new IllegalStateException("bodies are written with blocking writes");
    }
  }
}
