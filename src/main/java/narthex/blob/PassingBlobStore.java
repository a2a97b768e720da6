package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A blob store that delegates to another one, for subclasses that change parts of it. As
 * thread-safe as the other one. The default methods of {@link BlobStore} aren't delegated, so that
 * they use what a subclass overrides.
 */
public abstract class PassingBlobStore implements BlobStore {
  /** The other store. */
  protected final BlobStore store;

  /**
   * @param store the other store; closed with this one
   */
  protected PassingBlobStore(BlobStore store) {
    this.store = store;
  }

  @Override
  public OptionalLong find(String key) throws IOException {
    return store.find(key);
  }

  @Override
  public void expect(String key, long from, long length) {
    store.expect(key, from, length);
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    return store.open(key, from, length);
  }

  @Override
  public Spool spool() throws IOException {
    return store.spool();
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

  /** A spool that delegates to another one. */
  protected abstract static class PassingSpool implements Spool {
    /** The other spool. */
    protected final Spool spool;

    /**
     * @param spool the other spool; closed with this one
     */
    protected PassingSpool(Spool spool) {
      this.spool = spool;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      spool.write(bytes, offset, length);
    }

    @Override
    public InputStream openWritten(long from) throws IOException {
      return spool.openWritten(from);
    }

    @Override
    public void commit(String key) throws IOException {
      spool.commit(key);
    }

    @Override
    public void close() throws IOException {
      spool.close();
    }
  }
}
