package narthex.document;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import narthex.nix.Sha256;

/**
 * An open document. Its bytes stay readable if the document is replaced or deleted meanwhile. Not
 * thread-safe; the caller closes it.
 */
public interface OpenDocument extends Closeable {
  /** SHA-256 of the decoded bytes. */
  Sha256 hash();

  /** The decoded size in bytes. */
  long sizeBytes();

  /** The size of its zstd frame in bytes; empty if it has none. */
  OptionalLong zstdSizeBytes();

  /**
   * Opens the decoded bytes. Call it at most once, and not together with {@link #zstd()}. The
   * stream is closed with this document. It fails if it would end before {@link #sizeBytes()}.
   */
  InputStream plain() throws IOException;

  /** Opens the document as one zstd frame if it has one; else the same as {@link #plain()}. */
  InputStream zstd() throws IOException;

  /** Closes the streams and frees the decoder. */
  @Override
  void close() throws IOException;
}
