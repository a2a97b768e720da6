package narthex.maintain;

import java.time.Instant;
import narthex.db.PinTable;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * A pin as it is listed.
 *
 * @param hash of the pinned path
 * @param path the full store path; null if it has no narinfo
 * @param name for people; null for none
 * @param createdAt when it was first made
 * @param expiresAt when it ends; null for never
 * @param paths number of paths that it keeps, as far as they are known
 * @param missing how many of them aren't stored
 */
public record ListedPin(
    StorePathHash hash,
    @Nullable String path,
    @Nullable String name,
    Instant createdAt,
    @Nullable Instant expiresAt,
    long paths,
    long missing) {

  static ListedPin of(PinTable.Listed row) {
    return new ListedPin(
        row.pin().path(),
        row.storePath(),
        row.pin().name(),
        row.pin().createdAt(),
        row.pin().expiresAt(),
        row.closure().paths(),
        row.closure().missing());
  }

  /** One line for people. */
  String line() {
    return (path == null ? hash.text() : path)
        + (name == null ? "" : " (" + name + ")")
        + ", paths "
        + paths
        + (missing == 0 ? "" : ", missing " + missing)
        + (expiresAt == null ? "" : ", expires " + expiresAt);
  }
}
