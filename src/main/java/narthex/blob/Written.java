package narthex.blob;

import java.io.IOException;
import java.io.InputStream;

/** Bytes that can be read while they are written. Thread-safe. */
public interface Written {

  /**
   * Opens the written bytes from an offset; the caller closes the stream. Each read may read up to
   * the last byte that was written before it.
   */
  InputStream openWritten(long from) throws IOException;

  /**
   * Opens like {@link #openWritten(long)}.
   *
   * @param watch called regularly if a read waits although its bytes are written
   */
  default InputStream openWritten(long from, Manifest.Watch watch) throws IOException {
    return openWritten(from);
  }

  /**
   * Reads the zstd frames in which the bytes are written; the caller closes the result.
   *
   * @param from where in the bytes the first frame to read begins
   * @param watch called regularly while a read waits
   * @throws UnsupportedOperationException if they aren't written as frames
   */
  default FrameReader openFrames(long from, Manifest.Watch watch) {
    throw new UnsupportedOperationException("these bytes are not written as frames");
  }

  /** Whether who reads the frames decodes them too, and so needs the memory for that. */
  default boolean decodesFrames() {
    return false;
  }
}
