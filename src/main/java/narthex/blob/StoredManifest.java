package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A finished manifest whose extents hold the representation's bytes unencoded. Immutable. */
public final class StoredManifest implements Manifest {
  private final BlobStore blobs;
  private final List<Extent> extents;
  private final @Nullable HotBytes hot;
  private final long length;

  /** A manifest of these extents in this order. */
  public StoredManifest(BlobStore blobs, List<Extent> extents) {
    this(blobs, extents, null);
  }

  /**
   * A manifest of these extents in this order.
   *
   * @param hot caches the bytes if there are few; null for none
   */
  public StoredManifest(BlobStore blobs, List<Extent> extents, @Nullable HotBytes hot) {
    this.blobs = blobs;
    this.extents = List.copyOf(extents);
    this.hot = hot;
    this.length = extents.stream().mapToLong(Extent::length).sum();
  }

  @Override
  public OptionalLong length() {
    return OptionalLong.of(length);
  }

  @Override
  public void awaitComplete(Watch watch) {}

  @Override
  public boolean isComplete() {
    return true;
  }

  /**
   * Checks that every blob exists and is long enough, without reading it. A remote store may begin
   * to transfer the first one.
   *
   * @throws BlobLostException if a blob doesn't exist or is too short
   * @throws IOException if the store can't tell
   */
  public void requirePresent() throws IOException {
    for (int i = 0; i < extents.size(); i++) {
      Extent extent = extents.get(i);
      OptionalLong stored =
          i == 0 ? blobs.findToRead(extent.blob(), extent.offset()) : blobs.find(extent.blob());
      if (stored.isEmpty()) {
        throw new BlobLostException(extent.blob(), "not in the blob store");
      }
      long end = extent.offset() + extent.storedLength();
      if (stored.getAsLong() < end) {
        throw new BlobLostException(
            extent.blob(),
            String.format(
                Locale.ROOT, "length is %d, expected at least %d", stored.getAsLong(), end));
      }
    }
  }

  /**
   * The local file that contains exactly this representation, if there is one and its bytes aren't
   * cached.
   */
  public Optional<Path> localFile() {
    if (isHot() || extents.size() != 1 || extents.get(0).offset() != 0) {
      return Optional.empty();
    }
    return blobs.localFile(extents.get(0).blob()).filter(this::isWhole);
  }

  private boolean isWhole(Path file) {
    try {
      return Files.size(file) == length;
    } catch (IOException e) {
      return false; // opening the manifest will report it
    }
  }

  @Override
  public InputStream open(long from) throws IOException {
    if (from < 0 || from > length) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "offset %d outside 0..%d", from, length));
    }
    HotBytes cache = hot;
    return cache != null && isHot() && from < length
        ? cache.open(extents, from, () -> openStored(0))
        : openStored(from);
  }

  /** Whether its bytes are cached now, so that opening it needs no blob. */
  public boolean isInMemory() {
    HotBytes cache = hot;
    return cache != null && isHot() && cache.has(extents);
  }

  private boolean isHot() {
    return hot != null && length <= HotBytes.MOST_BYTES;
  }

  private InputStream openStored(long from) throws IOException {
    ExtentsInputStream stream = new ExtentsInputStream(from);
    stream.advance();
    return stream;
  }

  /**
   * Concatenates the extents. Opens extents that lie next to each other in a blob at once, when a
   * read reaches them, and announces the next ones to the blob store.
   */
  private final class ExtentsInputStream extends BlobInputStream {
    private int next;
    private long skip;
    private boolean closed;
    private @Nullable InputStream current;

    ExtentsInputStream(long from) {
      this.skip = from;
      while (next < extents.size() && skip >= extents.get(next).length()) {
        skip -= extents.get(next).length();
        next++;
      }
    }

    /** Opens the next extent; false at the end. If opening fails, the next call tries it again. */
    private boolean advance() throws IOException {
      closeCurrent();
      if (next == extents.size()) {
        return false;
      }
      Extent first = extents.get(next);
      int end = endOfRun(next);
      current = blobs.open(first.blob(), first.offset() + skip, bytes(next, end) - skip);
      next = end;
      skip = 0;
      if (next < extents.size()) {
        Extent following = extents.get(next);
        blobs.expect(following.blob(), following.offset(), bytes(next, endOfRun(next)));
      }
      return true;
    }

    private int endOfRun(int first) {
      int end = first + 1;
      while (end < extents.size() && isNextTo(extents.get(end - 1), extents.get(end))) {
        end++;
      }
      return end;
    }

    private boolean isNextTo(Extent before, Extent extent) {
      return extent.blob().equals(before.blob())
          && extent.offset() == before.offset() + before.length();
    }

    private long bytes(int first, int end) {
      return extents.subList(first, end).stream().mapToLong(Extent::length).sum();
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
      if (closed) {
        throw new IOException("the stream is closed");
      }
      if (count == 0) {
        return 0;
      }
      while (current != null || advance()) {
        InputStream open = current;
        int got = open == null ? -1 : open.read(bytes, offset, count);
        if (got > 0) {
          return got;
        }
        if (!advance()) {
          return -1;
        }
      }
      return -1;
    }

    @Override
    public int available() throws IOException {
      InputStream open = current;
      return open == null ? 0 : open.available();
    }

    @Override
    public void close() throws IOException {
      closed = true;
      closeCurrent();
    }

    private void closeCurrent() throws IOException {
      InputStream open = current;
      current = null;
      if (open != null) {
        open.close();
      }
    }
  }
}
