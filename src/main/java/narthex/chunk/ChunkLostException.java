package narthex.chunk;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.db.ChunkPlace;
import org.jspecify.annotations.Nullable;

/**
 * What is stored of a chunked NAR surely is not all there, or is wrong: a pack is missing or short,
 * a frame is damaged, a row is missing. Never trouble that may pass.
 */
public final class ChunkLostException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient @Nullable ChunkPlace place;

  private ChunkLostException(
      String message, @Nullable ChunkPlace place, @Nullable IOException cause) {
    super(message, cause);
    this.place = place;
  }

  /** The pack of this chunk is missing or short, or its frame is damaged. */
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

  /** Rows do not tell all of the NAR. */
  static ChunkLostException ofRows(String message) {
    return new ChunkLostException(message, null, null);
  }

  /** The chunk whose bytes are lost; empty if it is not one chunk. */
  public Optional<ChunkPlace> place() {
    return Optional.ofNullable(place);
  }

  /** Whether all of that chunk's pack is doubtful, not the one frame. */
  public boolean isPackLost() {
    return getCause() instanceof BlobLostException;
  }
}
