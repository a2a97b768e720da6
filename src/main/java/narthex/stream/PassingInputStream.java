package narthex.stream;

import java.io.IOException;
import java.io.InputStream;

/**
 * Passes on what it reads from another stream, looking at every byte: unlike with {@link
 * java.io.FilterInputStream} there is no way around its one reading method. Closing it closes the
 * other stream.
 */
public abstract class PassingInputStream extends SpanInputStream {
  /** The stream it reads. */
  protected final InputStream in;

  /** Reads this stream, which is closed with this one. */
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
