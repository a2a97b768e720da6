package narthex.stream;

import java.io.IOException;
import narthex.nix.Compression;
import org.jspecify.annotations.Nullable;

/**
 * A compressed stream is truncated, damaged, followed by other bytes, or has a window that no
 * decoder accepts. A failure to read the compressed bytes, or to get memory for the decoder, keeps
 * its own exception instead.
 */
public final class CorruptEncodingException extends IOException {
  private static final long serialVersionUID = 1L;

  private final Compression compression;

  CorruptEncodingException(Compression compression, String message, @Nullable Throwable cause) {
    super("corrupt " + compression.nixName() + " stream: " + message, cause);
    this.compression = compression;
  }

  /** The expected compression method. */
  public Compression compression() {
    return compression;
  }
}
