package narthex.serve;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Optional;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Caches the stored forms of recently served NARs, which saves the next request a database query.
 *
 * <p>Only a hint: a file name is remembered only if its stem is a hash of what is stored of the NAR
 * (NarHash, FileHash or that of its frames), so that it can never mean another NAR; blobs never
 * change; and whoever uses it checks that they are still there, and else asks the database. Nothing
 * is remembered of what is absent. Thread-safe.
 */
final class RememberedNars {
  private static final long MOST = 10_000;

  /** Bounds how long a row deleted by hand, or on another replica, is still served from. */
  private static final Duration STAY = Duration.ofMinutes(1);

  /**
   * What a name led to.
   *
   * @param entityTag of the bytes under this name; empty if the name may have meant others
   */
  record Remembered(StoredNar nar, Optional<String> entityTag) {}

  private final Cache<NarFileName, Remembered> byName =
      Caffeine.newBuilder()
          .maximumSize(MOST)
          .expireAfterWrite(STAY)
          .executor(Runnable::run)
          .build();

  /** What this file name was last found to lead to, or null. */
  @Nullable Remembered find(NarFileName name) {
    return byName.getIfPresent(name);
  }

  /** Takes note of what the database said, if it cannot become wrong. */
  void remember(NarFileName name, Remembered found) {
    StoredNar nar = found.nar();
    if (name.isNamedBy(nar.id().hash())
        || nar.representations().stream().anyMatch(one -> isNamedBy(name, one))) {
      byName.put(name, found);
    }
  }

  private static boolean isNamedBy(NarFileName name, Representation stored) {
    Sha256 frames = stored.framesHash();
    return name.isNamedBy(stored.fileHash()) || (frames != null && name.isNamedBy(frames));
  }

  /** Forgets what turned out to be gone. */
  void forget(NarFileName name) {
    byName.invalidate(name);
  }

  /** Forgets a NAR under all its names. */
  void forget(Sha256 narHash) {
    byName.asMap().values().removeIf(found -> found.nar().id().hash().equals(narHash));
  }
}
