package narthex.stream;

import java.io.IOException;
import java.io.OutputStream;

/**
 * A compressing stream that can be abandoned. {@link #close()} finishes the compressed stream and
 * closes the target. {@link #discard()} writes nothing more, so that an incomplete stream doesn't
 * look complete. For one thread.
 */
public final class EncodingOutputStream extends OutputStream {
  /** Opens the codec's stream; closing it must finish the compressed stream. */
  interface Opener {
    OutputStream open(OutputStream target) throws IOException;
  }

  private final Target target;
  private final OutputStream encoder;
  private boolean closed;

  EncodingOutputStream(OutputStream target, Opener opener) throws IOException {
    this.target = new Target(target);
    this.encoder = opener.open(this.target);
  }

  @Override
  public void write(int value) throws IOException {
    encoder.write(value);
  }

  @Override
  public void write(byte[] buffer, int offset, int length) throws IOException {
    encoder.write(buffer, offset, length);
  }

  /** Writes as much as the codec can so far, which may compress worse, and flushes the target. */
  @Override
  public void flush() throws IOException {
    encoder.flush();
  }

  /** Finishes the compressed stream and closes the target, even if finishing fails. */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (OutputStream closedLast = target.out) {
      encoder.close();
    }
  }

  /**
   * Abandons the stream: frees the codec and writes nothing more. Leaves the target open; its owner
   * must make the failure visible. A later {@link #close()} does nothing.
   */
  public void discard() {
    if (closed) {
      return;
    }
    closed = true;
    target.discarding = true;
    try {
      encoder.close();
    } catch (IOException e) {
      // Concerns abandoned bytes only.
    }
  }

  /**
   * Stands between codec and target: never closes the target, and writes nothing once discarded.
   */
  private static final class Target extends OutputStream {
    private final OutputStream out;
    private boolean discarding;

    Target(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
      if (!discarding) {
        out.write(value);
      }
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      if (!discarding) {
        out.write(buffer, offset, length);
      }
    }

    @Override
    public void flush() throws IOException {
      if (!discarding) {
        out.flush();
      }
    }
  }
}
