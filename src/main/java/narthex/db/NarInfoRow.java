package narthex.db;

import java.time.Instant;
import java.util.Objects;
import narthex.nix.NarInfo;
import org.jspecify.annotations.Nullable;

/**
 * A stored narinfo.
 *
 * @param said the original narinfo from the upstream or uploader, with its opaque URL
 * @param upstream base URL, without credentials, of the upstream that it came from; null if it was
 *     uploaded
 * @param stem the file name stem that this cache advertises for its NAR
 * @param checkedAt when it was last fetched or uploaded, in milliseconds
 */
public record NarInfoRow(NarInfo said, @Nullable String upstream, String stem, Instant checkedAt) {
  /** Most signatures of a path that uploads can add up to, to bound the size of a row. */
  public static final int MOST_UPLOADED_SIGNATURES = 64;

  /** Marks an outdated row, which must be fetched again. */
  public static final Instant NEVER = Instant.parse("0001-01-01T00:00:00Z");

  /** Refuses nulls. */
  public NarInfoRow {
    Objects.requireNonNull(said);
    Objects.requireNonNull(stem);
    Objects.requireNonNull(checkedAt);
  }
}
