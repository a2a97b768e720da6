package narthex.blob;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/**
 * Writes one blob. The only way to use it: {@code try (BlobSink sink = store.create(key)) { …
 * sink.commit(); }}.
 *
 * <p>One thread writes, commits and closes; any thread may read back with {@link #openWritten}.
 */
public interface BlobSink extends Written, Closeable {

  /** The key the blob will have. */
  String key();

  /** Appends bytes. */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Opens what has been written, from byte {@code from} on; the caller closes the stream. The
   * stream may be read up to what was written before each read: its end means "no more just now".
   * Works until the sink is closed without commit, and after the commit as long as the blob is
   * there.
   */
  @Override
  InputStream openWritten(long from) throws IOException;

  /** Makes the blob durable, then visible under its key. */
  void commit() throws IOException;

  /** Frees what the sink holds; without a commit before, discards what was written. */
  @Override
  void close() throws IOException;
}
