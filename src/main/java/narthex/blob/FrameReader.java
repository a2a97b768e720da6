package narthex.blob;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Reads the zstd frames in which a NAR is being written, one after the other. Not thread-safe. */
public interface FrameReader extends Closeable {

  /** What a read gives. */
  sealed interface Next permits Frame, Rest {}

  /**
   * A verified frame.
   *
   * @param bytes the frame; unchanged until the next read
   * @param length how many bytes of the NAR it decodes to; 0 if it is to be skipped by decoders
   */
  record Frame(ByteBuffer bytes, int length) implements Next {}

  /**
   * All further frames, as the NAR is read from elsewhere from now on.
   *
   * @param frames ends only after the NAR is verified; closed by the caller
   */
  record Rest(InputStream frames) implements Next {}

  /**
   * Reads the next frame.
   *
   * @param from the offset in the NAR at which it begins; that byte must be written
   */
  Next read(long from) throws IOException;
}
