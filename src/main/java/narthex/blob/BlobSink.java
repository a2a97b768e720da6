package narthex.blob;

import java.io.Closeable;
import java.io.IOException;

/**
 * Writes one blob. Always use it like this: {@code try (BlobSink sink = store.create(key)) { …
 * sink.commit(); }}. For one thread.
 */
public interface BlobSink extends Closeable {

  /** The key of the blob. */
  String key();

  /** Appends bytes. */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Makes the blob durable, then visible under its key. Call it at most once, and don't write
   * afterwards.
   */
  void commit() throws IOException;

  /** Frees the sink; without a commit, discards the bytes. */
  @Override
  void close() throws IOException;
}
