package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A blob store that passes everything on to another one, for tests that change a part of that. */
public abstract class PassingBlobStore implements BlobStore {
  /** The other store. */
  protected final BlobStore store;

  /**
   * @param store keeps the blobs; closed with this one
   */
  protected PassingBlobStore(BlobStore store) {
    this.store = store;
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
    return store.create(key);
  }

  @Override
  public void delete(String key) throws IOException {
    store.delete(key);
  }

  @Override
  public List<ListedBlob> list(Optional<String> after, int most) throws IOException {
    return store.list(after, most);
  }

  @Override
  public void close() throws IOException {
    store.close();
  }

  /** A sink that passes everything on to another one. */
  protected abstract static class PassingSink implements BlobSink {
    /** The other sink. */
    protected final BlobSink sink;

    /**
     * @param sink takes the bytes; closed with this one
     */
    protected PassingSink(BlobSink sink) {
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
      sink.commit();
    }

    @Override
    public void close() throws IOException {
      sink.close();
    }
  }
}
