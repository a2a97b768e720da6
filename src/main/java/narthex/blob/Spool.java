package narthex.blob;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/**
 * A local temporary file for incoming bytes. Other threads can read it while it grows. Closing
 * deletes it, unless {@link #commit} made it a blob; discarded bytes never reach the store. Always
 * use it like this: {@code try (Spool spool = store.spool()) { … spool.commit(key); }}.
 *
 * <p>One thread writes, commits and closes; {@link #openWritten} is thread-safe.
 */
public interface Spool extends Written, Closeable {

  /** Appends bytes. */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Opens the written bytes from an offset; the caller closes the stream. The end of the stream
   * means only that no more bytes are written yet. Works until the spool is closed without a
   * commit, and after a commit as long as the blob exists.
   */
  @Override
  InputStream openWritten(long from) throws IOException;

  /**
   * Turns the file into a blob: makes it durable, then visible under this key. A local store
   * renames the file, other stores copy it. Don't write afterwards.
   *
   * @throws IOException if that fails, or a blob with this key exists
   */
  void commit(String key) throws IOException;

  /** Frees the spool; without a commit, deletes the file. */
  @Override
  void close() throws IOException;
}
