package narthex.db;

import java.time.Instant;
import narthex.db.UseMapper.UsedNarColumns;
import narthex.nix.Sha256;

/**
 * A stored NAR and its last use.
 *
 * @param storedAt when it was last fetched or uploaded
 * @param usedMinute the minute of its last use, since the epoch
 * @param wholeBytes length of its whole files
 * @param isChunked whether it is stored as chunks, possibly also whole
 * @param isPinned whether a pin keeps it
 */
public record UsedNar(
    Sha256 hash,
    Instant storedAt,
    long usedMinute,
    long wholeBytes,
    boolean isChunked,
    Origin origin,
    boolean isPinned) {

  /** Where a NAR is from. */
  public enum Origin {
    /** All its narinfos are from an upstream. */
    UPSTREAM,
    /** A client uploaded it, or one of its narinfos. */
    UPLOAD
  }

  /** A NAR without any narinfo counts as uploaded: its narinfo may come soon. */
  static UsedNar of(UsedNarColumns row) {
    return new UsedNar(
        Sha256.parseNix32(row.narHash()),
        Instant.ofEpochMilli(row.storedAt()),
        row.usedAt(),
        row.wholeBytes(),
        row.chunked() > 0,
        row.uploaded() == 0 && row.fetched() > 0 ? Origin.UPSTREAM : Origin.UPLOAD,
        row.pinned() > 0);
  }
}
