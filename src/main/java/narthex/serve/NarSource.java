package narthex.serve;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;

/**
 * One NAR in one compression, readable from any offset. Thread-safe; each opened stream is for one
 * thread. For a NAR in flight, opening a second stream may fail after the flight has ended.
 */
public interface NarSource extends Closeable {

  /** The compression of the bytes that {@link #open} returns. */
  Compression compression();

  /** The total length in bytes, if known. */
  OptionalLong length();

  /** The strong entity tag of these bytes, without quotes; empty if it has none. */
  Optional<String> entityTag();

  /**
   * Opens the bytes from offset {@code from} on; the caller closes the stream. The stream ends
   * after the last byte of a complete source; otherwise a read throws.
   */
  InputStream open(long from) throws IOException;

  /**
   * Opens the bytes and calls the watch regularly while opening or reading waits. If the watch
   * throws because the client has left, opening or reading fails with the same exception.
   */
  default InputStream open(long from, DecoderShare.Watch watch) throws IOException {
    return open(from);
  }

  /**
   * Waits until all bytes are verified. The sender of a body of known length must hold back the
   * last byte until then.
   *
   * @param watch called regularly during the wait
   * @throws IOException if verification fails, the source will never be complete, or the watch
   *     fails
   */
  void awaitComplete(DecoderShare.Watch watch) throws IOException;

  /** Whether all bytes are verified already, so that {@link #awaitComplete} returns at once. */
  default boolean isComplete() {
    return true;
  }

  /**
   * Returns a source of the same NAR in this compression, if this source reads from one. Empty if
   * the NAR would have to be compressed.
   */
  default Optional<NarSource> encoded(Compression wanted) {
    return Optional.empty();
  }

  /**
   * Returns a source of the same NAR as zstd, to send as a content coding: its bytes may differ
   * from one stream to the next. Empty if the NAR would have to be compressed.
   */
  default Optional<NarSource> coded() {
    return encoded(Compression.ZSTD);
  }

  /** Returns the local file with exactly these bytes, if there is one. */
  default Optional<Path> localFile() {
    return Optional.empty();
  }

  /**
   * Releases resources that were reserved for a stream that hasn't been opened. Doesn't close
   * opened streams.
   */
  @Override
  default void close() throws IOException {}
}
