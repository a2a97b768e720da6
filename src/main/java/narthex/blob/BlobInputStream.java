package narthex.blob;

import java.io.IOException;
import java.io.InputStream;

/** Base of streams that implement only {@link #read(byte[], int, int)}. */
abstract class BlobInputStream extends InputStream {
  @Override
  public abstract int read(byte[] bytes, int offset, int length) throws IOException;

  @Override
  public final int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }
}
