package narthex.db;

import java.io.IOException;
import java.util.Locale;

/** A manifest refers to a chunk that has no row. */
public final class NoSuchChunkException extends IOException {
  private static final long serialVersionUID = 1L;

  NoSuchChunkException(long number) {
    super(String.format(Locale.ROOT, "chunk %d has no row", number));
  }
}
