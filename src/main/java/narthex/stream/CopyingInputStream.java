package narthex.stream;

import java.io.IOException;
import java.io.InputStream;

/**
 * Writes to a target what is read from another stream. Closing it closes the other stream, not the
 * target.
 */
public final class CopyingInputStream extends PassingInputStream {
  private final Target target;

  /** Receives the bytes. */
  @FunctionalInterface
  public interface Target {
    /** Writes all of these bytes. */
    void write(byte[] bytes, int offset, int length) throws IOException;
  }

  /** Wraps a stream, which is closed with this one. */
  public CopyingInputStream(InputStream in, Target target) {
    super(in);
    this.target = target;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = in.read(bytes, offset, length);
    if (count > 0) {
      target.write(bytes, offset, count);
    }
    return count;
  }
}
