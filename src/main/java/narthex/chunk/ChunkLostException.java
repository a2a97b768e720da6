package narthex.chunk;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.db.ChunkPlace;
import org.jspecify.annotations.Nullable;

/**
 * A chunked NAR surely is incomplete or damaged: a pack is missing or too short, a frame is
 * damaged, or a row is missing. Never a temporary failure.
 */
public final class ChunkLostException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient @Nullable ChunkPlace place;

  private ChunkLostException(
      String message, @Nullable ChunkPlace place, @Nullable IOException cause) {
    super(message, cause);
    this.place = place;
  }

  /**
   * Returns an exception for a chunk whose pack is missing or too short ({@link
   * BlobLostException}), or whose frame is damaged.
   */
  static ChunkLostException at(ChunkPlace place, IOException cause) {
    return new ChunkLostException(
        String.format(
            Locale.ROOT,
            "chunk %s at %d in %s is lost: %s",
            place.hash().nix32(),
            place.offset(),
            place.pack(),
            cause.getMessage()),
        place,
        cause);
  }

  /** Returns an exception for rows that are missing or inconsistent. */
  public static ChunkLostException ofRows(String message) {
    return new ChunkLostException(message, null, null);
  }

  /** Returns the lost chunk; empty if rows are missing or inconsistent. */
  public Optional<ChunkPlace> place() {
    return Optional.ofNullable(place);
  }

  /** Returns whether the whole pack may be lost, not just one frame. */
  public boolean isPackLost() {
    return getCause() instanceof BlobLostException;
  }
}
