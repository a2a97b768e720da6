package narthex.blob;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/**
 * A local file that takes what comes in, is read while it grows, and is gone when closed, unless it
 * became a blob. Nothing of it is in the store before {@link #commit}, so that what is discarded
 * never reaches the store. The only way to use it: {@code try (Spool spool = store.spool()) { …
 * spool.commit(key); }}.
 *
 * <p>One thread writes, commits and closes; any thread may read back with {@link #openWritten}.
 */
public interface Spool extends Written, Closeable {

  /** Appends bytes. */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Opens what has been written, from byte {@code from} on; the caller closes the stream. The
   * stream may be read up to what was written before each read: its end means "no more just now".
   * Works until the spool is closed without commit, and after the commit as long as the blob is
   * there.
   */
  @Override
  InputStream openWritten(long from) throws IOException;

  /**
   * Makes all that was written a blob, durable and then visible under this key: by a rename where
   * the store is a local folder, by a copy elsewhere. Nothing more is written then.
   *
   * @throws IOException if that fails, or there is a blob of this key
   */
  void commit(String key) throws IOException;

  /** Frees what it holds; without a commit before, discards what was written. */
  @Override
  void close() throws IOException;
}
