package narthex.blob;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Immutable objects by key. A key is written once and never changes its bytes; a deleted key is
 * never used again.
 *
 * <p>Absent and unknown are different: an empty answer or a {@link BlobLostException} means surely
 * absent, any other {@link IOException} means that it cannot be told. Safe for use by many threads.
 * Keys are lower-case letters, digits, {@code . _ -} and {@code /} between non-empty segments that
 * do not start with a dot.
 */
public interface BlobStore extends Closeable {

  /** The length in bytes of the blob, or empty if it is surely absent. */
  OptionalLong find(String key) throws IOException;

  /**
   * Opens {@code length} bytes of a blob from byte {@code from} on; the caller closes the stream.
   * The stream never ends before {@code length} bytes: it fails.
   *
   * @throws BlobLostException if the blob is surely absent or too short
   */
  InputStream open(String key, long from, long length) throws IOException;

  /**
   * Begins a blob; the caller closes the sink. Nothing is visible before its commit.
   *
   * @see #spool() for bytes that may be discarded, or are read while they come
   */
  default BlobSink create(String key) throws IOException {
    return new SpooledSink(BlobKeys.check(key), spool());
  }

  /** Begins a local file that may become a blob of this store; the caller closes it. */
  Spool spool() throws IOException;

  /** Deletes a blob; an absent one is no error. Readers that opened it may go on or fail. */
  void delete(String key) throws IOException;

  /**
   * Lists committed blobs in the order of their keys. One that is committed or deleted meanwhile
   * may be in the page or not.
   *
   * @param after only those with greater keys; empty from the first on
   * @param most how many at most, more than 0
   * @return empty if there are no more
   * @throws IOException if the store cannot tell just now
   */
  List<ListedBlob> list(Optional<String> after, int most) throws IOException;

  /** The file that holds the blob, if it lies whole in a local file of its own. */
  default Optional<Path> localFile(String key) {
    return Optional.empty();
  }
}
