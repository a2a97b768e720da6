package narthex.db;

import java.io.IOException;

/** A manifest names a chunk that surely has no row. */
public final class NoChunkException extends IOException {
  private static final long serialVersionUID = 1L;

  NoChunkException(long number) {
    super("chunk %d has no row".formatted(number));
  }
}
