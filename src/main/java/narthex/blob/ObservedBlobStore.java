package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.blob.BlobObserver.Operation;
import narthex.blob.BlobObserver.Result;

/** Tells an observer how long the operations of another store take. Thread-safe. */
public final class ObservedBlobStore extends PassingBlobStore {
  private volatile BlobObserver observer = BlobObserver.NONE;

  /**
   * @param store the other store; closed with this one
   */
  public ObservedBlobStore(BlobStore store) {
    super(store);
  }

  /** Sets who is told. Call it at start-up. */
  public void observe(BlobObserver told) {
    observer = told;
  }

  private interface Call<T> {
    T run() throws IOException;
  }

  private <T> T timed(Operation operation, Call<T> call) throws IOException {
    BlobObserver told = observer;
    long start = System.nanoTime();
    Result result = Result.FAILED;
    try {
      T value = call.run();
      result = Result.DONE;
      return value;
    } finally {
      told.ended(operation, result, System.nanoTime() - start);
    }
  }

  @Override
  public OptionalLong find(String key) throws IOException {
    return timed(Operation.FIND, () -> store.find(key));
  }

  @Override
  public OptionalLong findToRead(String key, long from) throws IOException {
    return timed(Operation.FIND, () -> store.findToRead(key, from));
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    return timed(Operation.OPEN, () -> store.open(key, from, length));
  }

  @Override
  public void awaitRoom() {
    store.awaitRoom();
  }

  @Override
  public Spool spool() throws IOException {
    return new ObservedSpool(store.spool());
  }

  @Override
  public void delete(String key) throws IOException {
    timed(
        Operation.DELETE,
        () -> {
          store.delete(key);
          return key;
        });
  }

  @Override
  public List<ListedBlob> list(Optional<String> after, int most) throws IOException {
    return timed(Operation.LIST, () -> store.list(after, most));
  }

  @Override
  public void ping() throws IOException {
    store.ping();
  }

  @Override
  public BlobStore direct() {
    return store.direct();
  }

  @Override
  public Optional<Path> localFile(String key) {
    return store.localFile(key);
  }

  private final class ObservedSpool extends PassingSpool {
    ObservedSpool(Spool spool) {
      super(spool);
    }

    @Override
    public void commit(String key) throws IOException {
      timed(
          Operation.COMMIT,
          () -> {
            super.commit(key);
            return key;
          });
    }
  }
}
