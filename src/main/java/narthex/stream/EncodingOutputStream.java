package narthex.stream;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Compresses what is written to it. {@link #close()} finishes the compressed stream and closes the
 * target; after {@link #discard()} nothing more is written, so that a stream whose content broke
 * off does not look complete. Memory is bounded by the codec, whatever the length. For one thread.
 */
public final class EncodingOutputStream extends OutputStream {
  /** Makes the codec's own stream; closing that must finish it. */
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

  /** Writes what can be written so far, at some cost in compression, and flushes the target. */
  @Override
  public void flush() throws IOException {
    encoder.flush();
  }

  /** Finishes the compressed stream and closes the target, also when finishing fails. */
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
   * Gives up: frees what the codec holds and writes nothing more. Does not close the target, whose
   * owner must break it. A later {@link #close()} does nothing.
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
      // It has nowhere to write to: whatever it reports concerns bytes nobody wants.
    }
  }

  /** Between codec and target: closed by us alone, and deaf after discarding. */
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
