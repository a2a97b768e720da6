package narthex.serve;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import narthex.db.FileNameTable;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Caches which NAR a file name means, which saves the next request a database query. In eager mode,
 * narinfos advertise the name of the upstream's file, which says nothing about the chunks.
 *
 * <p>A name can be given to another NAR if it turns out to be the hash of that NAR or of its file.
 * Such a name is removed when any replica finds this out, and if its announcement is lost, after
 * the time to live. Absence isn't cached. Thread-safe.
 */
final class RememberedNames {
  private static final long MOST = 10_000;

  private final FileNameTable names;
  private final Cache<String, Sha256> byStem;
  private final AtomicLong registrations = new AtomicLong();

  /**
   * @param ttl longest time that a name is used although another replica has given it to another
   *     NAR, if the announcement is lost
   */
  RememberedNames(FileNameTable names, Duration ttl) {
    this.names = names;
    this.byStem =
        Caffeine.newBuilder()
            .maximumSize(MOST)
            .expireAfterWrite(ttl)
            .executor(Runnable::run)
            .build();
    names.listen(this::forget);
  }

  /**
   * Finds the NAR of a file name, and caches it.
   *
   * @throws IOException if the database fails
   */
  Optional<Sha256> find(String stem) throws IOException {
    @Nullable Sha256 known = byStem.getIfPresent(stem);
    if (known != null) {
      return Optional.of(known);
    }
    long before = registrations.get();
    Optional<Sha256> found = names.find(stem);
    if (found.isPresent()) {
      byStem.put(stem, found.get());
      if (registrations.get() != before) { // it may have been registered after the query
        byStem.invalidate(stem);
      }
    }
    return found;
  }

  /** Removes a name. */
  void forget(String stem) {
    registrations.incrementAndGet();
    byStem.invalidate(stem);
  }

  /** Removes all names. */
  void forgetAll() {
    registrations.incrementAndGet();
    byStem.invalidateAll();
  }
}
