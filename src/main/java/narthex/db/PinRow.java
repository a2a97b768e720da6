package narthex.db;

import java.time.Instant;
import java.util.Objects;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * A pin: keeps a store path with all paths that it refers to, directly or not.
 *
 * @param path the store path, which needn't be stored
 * @param name for people; null for none
 * @param createdAt when it was first made, in milliseconds
 * @param expiresAt when it ends, in milliseconds; null for never
 */
public record PinRow(
    StorePathHash path, @Nullable String name, Instant createdAt, @Nullable Instant expiresAt) {

  /** Refuses nulls. */
  public PinRow {
    Objects.requireNonNull(path);
    Objects.requireNonNull(createdAt);
  }
}
