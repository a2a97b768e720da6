package narthex.stream;

import java.io.IOException;
import narthex.nix.Compression;
import org.jspecify.annotations.Nullable;

/**
 * Compressed bytes that are truncated, damaged, followed by garbage, or would need more memory than
 * allowed. Trouble with reading the compressed bytes is not this: it keeps its own exception.
 */
public final class CorruptEncodingException extends IOException {
  private static final long serialVersionUID = 1L;

  private final Compression compression;

  CorruptEncodingException(Compression compression, String message, @Nullable Throwable cause) {
    super("not a whole " + compression.nixName() + " stream: " + message, cause);
    this.compression = compression;
  }

  /** What the bytes should have been. */
  public Compression compression() {
    return compression;
  }
}
