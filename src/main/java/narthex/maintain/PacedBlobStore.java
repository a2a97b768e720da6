package narthex.maintain;

import java.io.IOException;
import java.io.InputStream;
import narthex.blob.BlobStore;
import narthex.blob.PassingBlobStore;
import narthex.stream.PassingInputStream;

/**
 * A view of a blob store that reads each blob from where it is stored, at a limited rate. Closing
 * it does nothing. For one thread.
 */
final class PacedBlobStore extends PassingBlobStore {
  private static final int MOST_AT_ONCE = 64 << 10;

  private final Pace pace;

  /**
   * @param blobs the store; not closed
   */
  PacedBlobStore(BlobStore blobs, Pace pace) {
    super(blobs.direct());
    this.pace = pace;
  }

  @Override
  public void expect(String key, long from, long length) {
    // nothing is read ahead, as that would not keep the rate
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    return new PacedInputStream(store.open(key, from, length));
  }

  @Override
  public void close() {
    // it is only a view
  }

  private final class PacedInputStream extends PassingInputStream {
    PacedInputStream(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = in.read(bytes, offset, Math.min(length, MOST_AT_ONCE));
      pace.pass(Math.max(0, count));
      return count;
    }
  }
}
