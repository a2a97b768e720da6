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
 * One NAR in one compression, from any offset on. Safe for use by many threads; each opened stream
 * belongs to one. Opening more than one stream of what is in flight may fail once it has landed.
 */
public interface NarSource extends Closeable {

  /** The compression of the bytes that {@link #open} gives. */
  Compression compression();

  /** The total length in bytes, if known. */
  OptionalLong length();

  /** The strong entity tag of these bytes, without quotes; empty if it has none. */
  Optional<String> entityTag();

  /**
   * Opens the bytes from offset {@code from} on; the caller closes the stream. It ends only when
   * the source is complete, else it fails.
   */
  InputStream open(long from) throws IOException;

  /**
   * The same; where that takes long, or a read waits for bytes that are still coming in, it looks
   * from time to time whether the bytes are still wanted, and fails if they are not.
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

  /** The same NAR in the given compression, if that is what lies below this source. */
  default Optional<NarSource> encoded(Compression wanted) {
    return Optional.empty();
  }

  /** The local file that holds exactly these bytes, if they lie so. */
  default Optional<Path> localFile() {
    return Optional.empty();
  }

  /** Frees what is held for a stream that nobody opened; opened streams stay open. */
  @Override
  default void close() throws IOException {}
}
