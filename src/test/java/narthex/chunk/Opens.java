package narthex.chunk;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;

/** Notes what is opened, and what is not closed. */
final class Opens implements BlobStore {
  private final BlobStore store;
  final List<String> opened = new ArrayList<>();
  long longest;
  int open;

  Opens(BlobStore store) {
    this.store = store;
  }

  @Override
  public OptionalLong find(String key) throws IOException {
    return store.find(key);
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    InputStream in = store.open(key, from, length);
    opened.add(key);
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

  @Override
  public BlobSink create(String key) throws IOException {
    return store.create(key);
  }

  @Override
  public void delete(String key) throws IOException {
    store.delete(key);
  }

  @Override
  public void close() throws IOException {
    store.close();
  }
}
