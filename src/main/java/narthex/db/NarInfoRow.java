package narthex.db;

import java.time.Instant;
import java.util.Objects;
import narthex.nix.NarInfo;
import org.jspecify.annotations.Nullable;

/**
 * What somebody said of a store path.
 *
 * @param said the narinfo as it was said; its URL is the opaque one of the upstream
 * @param upstream base URL, without credentials, of the upstream that said so, or null if none did
 * @param stem the file-name stem that we hand out for its NAR
 * @param checkedAt when it was last said, kept to the millisecond
 */
public record NarInfoRow(NarInfo said, @Nullable String upstream, String stem, Instant checkedAt) {
  /** Signatures that uploads may bring to one path: they must not let a row grow without bound. */
  public static final int MOST_UPLOADED_SIGNATURES = 64;

  /** When a row was last said that turned out wrong: it must be asked for again. */
  public static final Instant NEVER = Instant.parse("0001-01-01T00:00:00Z");

  /** Checks that nothing is missing. */
  public NarInfoRow {
    Objects.requireNonNull(said);
    Objects.requireNonNull(stem);
    Objects.requireNonNull(checkedAt);
  }
}
