package narthex.stream;

import java.io.IOException;
import java.io.InputStream;

/**
 * Base of streams that see every byte of another stream. Unlike {@link java.io.FilterInputStream},
 * all reading goes through {@link #read(byte[], int, int)}. Closing it closes the other stream.
 */
public abstract class PassingInputStream extends SpanInputStream {
  /** The other stream. */
  protected final InputStream in;

  /** Wraps a stream, which is closed with this one. */
  protected PassingInputStream(InputStream in) {
    this.in = in;
  }

  @Override
  public int available() throws IOException {
    return in.available();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
