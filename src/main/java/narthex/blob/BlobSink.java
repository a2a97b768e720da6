package narthex.blob;

import java.io.Closeable;
import java.io.IOException;

/**
 * Writes one blob. The only way to use it: {@code try (BlobSink sink = store.create(key)) { …
 * sink.commit(); }}.
 *
 * <p>One thread writes, commits and closes.
 */
public interface BlobSink extends Closeable {

  /** The key the blob will have. */
  String key();

  /** Appends bytes. */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /** Makes the blob durable, then visible under its key. */
  void commit() throws IOException;

  /** Frees what the sink holds; without a commit before, discards what was written. */
  @Override
  void close() throws IOException;
}
