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
 * <p>Entries can't become wrong: a file name is cached only if its stem is the NarHash, a FileHash
 * or the hash of the frames, and blobs never change. Blobs may have been deleted, so callers must
 * handle lost blobs and then query the database. Absence isn't cached. Thread-safe.
 */
final class RememberedNars {
  private static final long MOST = 10_000;

  /**
   * The cached result for a name.
   *
   * @param entityTag of the bytes under this name; empty if the name may have meant other bytes
   */
  record Remembered(StoredNar nar, Optional<String> entityTag) {}

  private final Cache<NarFileName, Remembered> byName;

  /**
   * @param ttl longest time that a row deleted by hand, or by another replica whose announcement is
   *     lost, is still used
   */
  RememberedNars(Duration ttl) {
    this.byName =
        Caffeine.newBuilder()
            .maximumSize(MOST)
            .expireAfterWrite(ttl)
            .executor(Runnable::run)
            .build();
  }

  /** The cached result for this file name, or null. */
  @Nullable Remembered find(NarFileName name) {
    return byName.getIfPresent(name);
  }

  /** Caches a result of the database, if the name is a hash of a stored form. */
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

  /** Removes a name. */
  void forget(NarFileName name) {
    byName.invalidate(name);
  }

  /** Removes all names. */
  void forgetAll() {
    byName.invalidateAll();
  }

  /** Removes all names of a NAR. */
  void forget(Sha256 narHash) {
    byName.asMap().values().removeIf(found -> found.nar().id().hash().equals(narHash));
  }
}
