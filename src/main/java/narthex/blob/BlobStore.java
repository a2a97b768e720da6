package narthex.blob;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Stores immutable blobs by key. A blob never changes, and the key of a deleted blob is never used
 * again. Thread-safe.
 *
 * <p>An empty result or a {@link BlobLostException} means that the blob doesn't exist; any other
 * {@link IOException} means that the store can't tell. Keys consist of lower-case letters, digits
 * and {@code . _ -}, with {@code /} between non-empty segments that don't start with a dot.
 */
public interface BlobStore extends Closeable {

  /** The length of a blob in bytes; empty if it doesn't exist. */
  OptionalLong find(String key) throws IOException;

  /**
   * Like {@link #find}, for a blob that will be read soon. A remote store may use it to begin the
   * transfer.
   *
   * @param from the offset at which reading will begin, in bytes
   */
  default OptionalLong findToRead(String key, long from) throws IOException {
    return find(key);
  }

  /**
   * Announces that a range will be read soon. Returns at once and never fails; a remote store may
   * begin to transfer the beginning of it.
   */
  default void expect(String key, long from, long length) {}

  /**
   * Opens a range of a blob; the caller closes the stream. The stream throws rather than end before
   * {@code length} bytes.
   *
   * @param from offset of the range in bytes
   * @param length length of the range in bytes
   * @throws BlobLostException if the blob doesn't exist or is too short
   */
  InputStream open(String key, long from, long length) throws IOException;

  /**
   * Begins a blob; the caller closes the sink. The blob becomes visible by the sink's commit.
   *
   * @see #spool() for bytes that may be discarded, or that are read while they are written
   */
  default BlobSink create(String key) throws IOException {
    return new SpooledSink(BlobKeys.check(key), spool());
  }

  /** Waits until there is room for another NAR, if that can be had. Call it before storing one. */
  default void awaitRoom() {}

  /** Opens a local file that may become a blob of this store; the caller closes it. */
  Spool spool() throws IOException;

  /** Deletes a blob if it exists. Reading from streams that are open may succeed or fail. */
  void delete(String key) throws IOException;

  /**
   * Lists committed blobs, sorted by key. The list may or may not have blobs that are committed or
   * deleted meanwhile.
   *
   * @param after list only greater keys; empty to start with the first
   * @param most longest list, at least 1
   * @return empty if there are no more blobs
   * @throws IOException if listing fails
   */
  List<ListedBlob> list(Optional<String> after, int most) throws IOException;

  /**
   * Returns normally if the store responds. Doesn't try again if it fails, so that the caller
   * learns soon.
   */
  default void ping() throws IOException {
    find("readiness-probe");
  }

  /**
   * The same blobs, always read from where they are stored and never from a copy elsewhere. The
   * caller doesn't close it.
   */
  default BlobStore direct() {
    return this;
  }

  /** The path of a blob, if the store keeps each blob in a local file; the file need not exist. */
  default Optional<Path> localFile(String key) {
    return Optional.empty();
  }
}
