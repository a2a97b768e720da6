package narthex.serve;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import narthex.db.StoredNar;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * How NARs that were just sent are stored, so that the next client costs no statement.
 *
 * <p>Only a hint: a file name is remembered only if it is the hash of the very bytes that it leads
 * to (FileHash or NarHash), so that it can never mean another NAR; blobs never change; and whoever
 * uses it checks that they are still there, and else asks the database. Nothing is remembered of
 * what is absent. Thread-safe.
 */
final class RememberedNars {
  private static final long MOST = 10_000;

  /** Bounds how long a row deleted by hand, or on another replica, is still served from. */
  private static final Duration STAY = Duration.ofMinutes(1);

  private final Cache<String, StoredNar> byStem =
      Caffeine.newBuilder()
          .maximumSize(MOST)
          .expireAfterWrite(STAY)
          .executor(Runnable::run)
          .build();

  /** The NAR that this file name was last found to lead to, or null. */
  @Nullable StoredNar find(String stem) {
    return byStem.getIfPresent(stem);
  }

  /** Takes note of what the database said, if it cannot become wrong. */
  void remember(String stem, StoredNar nar) {
    if (names(stem, nar.id().hash())
        || nar.representations().stream().anyMatch(one -> names(stem, one.fileHash()))) {
      byStem.put(stem, nar);
    }
  }

  /** Forgets what turned out to be gone. */
  void forget(String stem) {
    byStem.invalidate(stem);
  }

  /** Forgets a NAR under all its names. */
  void forget(Sha256 narHash) {
    byStem.asMap().values().removeIf(nar -> nar.id().hash().equals(narHash));
  }

  private static boolean names(String stem, Sha256 hash) {
    return stem.equals(hash.nix32());
  }
}
