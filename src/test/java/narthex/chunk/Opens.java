package narthex.chunk;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import narthex.blob.BlobStore;
import narthex.blob.PassingBlobStore;

/** Records the opened blobs, and counts the streams that are still open. */
final class Opens extends PassingBlobStore {
  final List<String> opened = new ArrayList<>();

  /** {@code expect} or {@code open} with the key and the offset. */
  final List<String> events = new ArrayList<>();

  long longest;
  int open;

  Opens(BlobStore store) {
    super(store);
  }

  @Override
  public void expect(String key, long from, long length) {
    events.add("expect " + key + " " + from);
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    InputStream in = store.open(key, from, length);
    opened.add(key);
    events.add("open " + key + " " + from);
    longest = Math.max(longest, length);
    open++;
    return new FilterInputStream(in) {
      private boolean closed;

      @Override
      public void close() throws IOException {
        open -= closed ? 0 : 1;
        closed = true;
        super.close();
      }
    };
  }
}
