package narthex.document;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import narthex.nix.Sha256;

/**
 * A document that is open: its bytes stay readable whatever happens to the name meanwhile. For one
 * thread; whoever gets one closes it.
 */
public interface OpenDocument extends Closeable {
  /** SHA-256 of the bytes. */
  Sha256 hash();

  /** How many bytes it has. */
  long sizeBytes();

  /** How many bytes its zstd form has; empty if there is none. */
  OptionalLong zstdSizeBytes();

  /**
   * The bytes, to be asked for once and in place of {@link #zstd()}. Closed with this; ends only
   * after {@link #sizeBytes()}, else fails.
   */
  InputStream plain() throws IOException;

  /** The bytes as one zstd frame, if there are such; else like {@link #plain()}. */
  InputStream zstd() throws IOException;

  /** Frees what it holds. */
  @Override
  void close() throws IOException;
}
