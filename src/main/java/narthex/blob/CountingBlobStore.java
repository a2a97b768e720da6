package narthex.blob;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Knows how many bytes another store holds. Does nothing but delegate until it is asked to count.
 * Thread-safe.
 *
 * <h2>How</h2>
 *
 * {@link #count} lists the whole store. From then on, each blob that is created or deleted through
 * this object changes the sum. What other processes create or delete is counted by the next
 * listing.
 *
 * <p>Blobs may be created and deleted during the listing. It goes by keys in order, so a change
 * behind its position is added to its sum at once, and one before its position is ignored, as the
 * listing will meet it. Those near its position, while a page is on its way, are remembered until
 * the page is there, and then override it.
 */
public final class CountingBlobStore extends PassingBlobStore {
  /** Most blobs that S3 lists in one response. */
  private static final int PAGE = 1000;

  /** How much a spool writes between two calls of {@code beforeWriting}. */
  private static final int STEP_BYTES = 1 << 20;

  private volatile Runnable beforeWriting = () -> {};
  private volatile Runnable beforeStoring = () -> {};
  private final ReentrantLock lock = new ReentrantLock();
  private final ReentrantLock listingLock = new ReentrantLock();
  private @Nullable Listing listing; // guarded by lock
  private OptionalLong bytes = OptionalLong.empty(); // guarded by lock
  private long deletedBytes; // guarded by lock

  /** A listing that isn't finished. {@code lock} guards it. */
  private static final class Listing {
    long bytes;
    Optional<String> position = Optional.empty();

    /** Lengths of blobs that changed after the position while a page came; 0 is a deleted one. */
    final Map<String, Long> changed = new HashMap<>();

    void change(String key, long change, long length) {
      if (position.isPresent() && key.compareTo(position.get()) <= 0) {
        bytes += change;
      } else {
        changed.put(key, length);
      }
    }

    void add(List<ListedBlob> page) {
      String last = page.isEmpty() ? null : page.get(page.size() - 1).key();
      for (ListedBlob blob : page) {
        if (!changed.containsKey(blob.key())) {
          bytes += blob.lengthBytes();
        }
      }
      for (Map.Entry<String, Long> change : changed.entrySet()) {
        if (last == null || change.getKey().compareTo(last) <= 0) {
          bytes += change.getValue();
        }
      }
      changed.clear();
      position = last == null ? position : Optional.of(last);
    }
  }

  /**
   * @param store the other store; closed with this one
   */
  public CountingBlobStore(BlobStore store) {
    super(store);
  }

  /**
   * Sets what runs before a spool writes its first byte, and again before each further MiB. It may
   * wait until the disk has room. Call it at start-up.
   */
  public void beforeWriting(Runnable task) {
    beforeWriting = task;
  }

  /** Sets what {@link #awaitRoom} runs. Call it at start-up. */
  public void beforeStoring(Runnable task) {
    beforeStoring = task;
  }

  /** The length of all blobs in bytes; empty before the first {@link #count}. */
  public OptionalLong bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  /** The length of all blobs that were deleted through this object since the first count began. */
  public long deletedBytes() {
    lock.lock();
    try {
      return deletedBytes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lists all blobs to count their bytes anew.
   *
   * @throws IOException if listing fails; the count stays as it was
   */
  public void count() throws IOException {
    listingLock.lock();
    try {
      Listing current = new Listing();
      setListing(current);
      List<ListedBlob> page;
      do {
        page = store.list(current.position, PAGE);
        add(current, page);
      } while (!page.isEmpty());
    } finally {
      setListing(null);
      listingLock.unlock();
    }
  }

  private void setListing(@Nullable Listing current) {
    lock.lock();
    try {
      listing = current;
    } finally {
      lock.unlock();
    }
  }

  private void add(Listing current, List<ListedBlob> page) {
    lock.lock();
    try {
      current.add(page);
      if (page.isEmpty()) {
        bytes = OptionalLong.of(current.bytes);
        listing = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private void created(String key, long length) {
    changed(key, length, length);
  }

  private void changed(String key, long change, long length) {
    lock.lock();
    try {
      if (bytes.isPresent()) {
        bytes = OptionalLong.of(Math.max(0, bytes.getAsLong() + change));
      }
      if (listing != null) {
        listing.change(key, change, length);
      }
      deletedBytes += Math.max(0, -change);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public OptionalLong findToRead(String key, long from) throws IOException {
    return store.findToRead(key, from);
  }

  @Override
  public void awaitRoom() {
    beforeStoring.run();
  }

  @Override
  public Spool spool() throws IOException {
    return new CountingSpool(store.spool());
  }

  @Override
  public void delete(String key) throws IOException {
    OptionalLong length = isCounting() ? store.find(key) : OptionalLong.empty();
    store.delete(key);
    if (length.isPresent()) {
      changed(key, -length.getAsLong(), 0);
    }
  }

  private boolean isCounting() {
    lock.lock();
    try {
      return bytes.isPresent() || listing != null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public BlobStore direct() {
    return store.direct();
  }

  @Override
  public void ping() throws IOException {
    store.ping();
  }

  @Override
  public Optional<Path> localFile(String key) {
    return store.localFile(key);
  }

  private final class CountingSpool extends PassingSpool {
    private long length;
    private long nextStep;

    CountingSpool(Spool spool) {
      super(spool);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (this.length >= nextStep) {
        nextStep = this.length + STEP_BYTES;
        beforeWriting.run();
      }
      super.write(bytes, offset, length);
      this.length += length;
    }

    @Override
    public void commit(String key) throws IOException {
      super.commit(key);
      created(key, length);
    }
  }
}
