package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;

/** A blob store that does something just before or just after each commit. */
final class Snapshot implements BlobStore {
  private final BlobStore store;
  private final StoredNarTest.Moment moment;
  private final Runnable action;

  Snapshot(BlobStore store, StoredNarTest.Moment moment, Runnable action) {
    this.store = store;
    this.moment = moment;
    this.action = action;
  }

  @Override
  public OptionalLong find(String key) throws IOException {
    return store.find(key);
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    return store.open(key, from, length);
  }

  @Override
  public BlobSink create(String key) throws IOException {
    return new Sink(store.create(key));
  }

  @Override
  public void delete(String key) throws IOException {
    store.delete(key);
  }

  @Override
  public void close() throws IOException {
    store.close();
  }

  private final class Sink implements BlobSink {
    private final BlobSink sink;

    Sink(BlobSink sink) {
      this.sink = sink;
    }

    @Override
    public String key() {
      return sink.key();
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      sink.write(bytes, offset, length);
    }

    @Override
    public InputStream openWritten(long from) throws IOException {
      return sink.openWritten(from);
    }

    @Override
    public void commit() throws IOException {
      if (moment == StoredNarTest.Moment.BEFORE_THE_BLOB) {
        action.run();
      }
      sink.commit();
      if (moment == StoredNarTest.Moment.BETWEEN_BLOB_AND_ROW) {
        action.run();
      }
    }

    @Override
    public void close() throws IOException {
      sink.close();
    }
  }
}
