package narthex.blob;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps blobs in memory, for tests. Passes the contract test of {@link BlobStore}. Thread-safe. */
public final class MemoryBlobStore implements BlobStore {
  private static final int FIRST_CAPACITY_BYTES = 1024;

  private final ConcurrentMap<String, byte[]> blobs = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Instant> committed = new ConcurrentHashMap<>();
  private final AtomicInteger openSinks = new AtomicInteger();

  /** The keys of all blobs, sorted. */
  public Set<String> keys() {
    return new TreeSet<>(blobs.keySet());
  }

  /** Number of open sinks and spools; a number that stays above 0 is a leak. */
  public int openSinks() {
    return openSinks.get();
  }

  @Override
  public OptionalLong find(String key) {
    byte[] bytes = blobs.get(BlobKeys.check(key));
    return bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes.length);
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    byte[] bytes = blobs.get(BlobKeys.check(key));
    if (bytes == null) {
      throw new BlobLostException(key, "no such key");
    }
    if (bytes.length < from + length) {
      throw new BlobLostException(key, "length is " + bytes.length);
    }
    return new ByteArrayInputStream(bytes, (int) from, (int) length);
  }

  @Override
  public Spool spool() {
    openSinks.incrementAndGet();
    return new MemorySpool();
  }

  @Override
  public void delete(String key) {
    blobs.remove(BlobKeys.check(key));
    committed.remove(key);
  }

  @Override
  public List<ListedBlob> list(Optional<String> after, int most) {
    return keys().stream()
        .filter(key -> key.compareTo(after.orElse("")) > 0)
        .flatMap(key -> listed(key).stream())
        .limit(most)
        .toList();
  }

  private Optional<ListedBlob> listed(String key) {
    byte[] bytes = blobs.get(key);
    Instant at = committed.get(key);
    return bytes == null || at == null
        ? Optional.empty()
        : Optional.of(new ListedBlob(key, bytes.length, at));
  }

  @Override
  public void close() {}

  private enum Stage {
    WRITING,
    COMMITTED,
    DISCARDED
  }

  private final class MemorySpool implements Spool {
    private byte[] bytes = new byte[FIRST_CAPACITY_BYTES]; // guarded by this
    private int count; // guarded by this
    private Stage stage = Stage.WRITING; // guarded by this
    private String key = ""; // guarded by this
    private boolean closed; // guarded by this

    @Override
    public synchronized void write(byte[] added, int offset, int length) throws IOException {
      if (closed) {
        throw new IOException("the spool is closed");
      }
      if (bytes.length - count < length) {
        bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, count + length));
      }
      System.arraycopy(added, offset, bytes, count, length);
      count += length;
    }

    @Override
    public synchronized InputStream openWritten(long from) throws IOException {
      boolean gone = stage == Stage.COMMITTED && !blobs.containsKey(key);
      if (stage == Stage.DISCARDED || gone) {
        throw new IOException("what was written is gone");
      }
      return new WrittenInputStream(this, from);
    }

    synchronized int copy(long from, byte[] target, int offset, int length) {
      int got = (int) Math.min(length, count - from);
      if (got <= 0) {
        return length == 0 ? 0 : -1;
      }
      System.arraycopy(bytes, (int) from, target, offset, got);
      return got;
    }

    @Override
    public synchronized void commit(String named) throws IOException {
      BlobKeys.check(named);
      if (closed) {
        throw new IOException("the spool is closed");
      }
      committed.putIfAbsent(named, Instant.now());
      if (blobs.putIfAbsent(named, Arrays.copyOf(bytes, count)) != null) {
        throw new FileAlreadyExistsException(named);
      }
      key = named;
      stage = Stage.COMMITTED;
    }

    @Override
    public synchronized void close() {
      if (closed) {
        return;
      }
      closed = true;
      openSinks.decrementAndGet();
      if (stage == Stage.WRITING) {
        stage = Stage.DISCARDED;
      }
    }
  }

  private static final class WrittenInputStream extends InputStream {
    private final MemorySpool spool;
    private long position;

    WrittenInputStream(MemorySpool spool, long from) {
      this.spool = spool;
      this.position = from;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      int got = spool.copy(position, target, offset, length);
      position += Math.max(got, 0);
      return got;
    }
  }
}
