package narthex.upstream;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Caches an upstream's nix-cache-info. Like Nix clients, treats an upstream without one, or with a
 * page of HTML in its place, as one of default priority; unlike them, asks again later.
 * Thread-safe.
 */
final class KnownCacheInfo {
  private static final Duration VALID = Duration.ofHours(1);
  private static final Duration ABSENT = Duration.ofMinutes(1);

  /** Delay before the next request after one that failed. */
  private static final Duration RETRY_AFTER = Duration.ofMinutes(1);

  private record Known(CacheInfo info, boolean isGenuine, long until) {}

  private final LongSupplier nanos;
  private volatile @Nullable Known known;

  /**
   * @param nanos a clock such as {@link System#nanoTime}
   */
  KnownCacheInfo(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** The last known contents; empty before the first response. */
  Optional<CacheInfo> last() {
    Known now = known;
    return now == null ? Optional.empty() : Optional.of(now.info());
  }

  /** Whether nix-cache-info should be requested before the next request. */
  boolean isDue() {
    Known now = known;
    return now == null || nanos.getAsLong() - now.until() >= 0;
  }

  /**
   * Records a response. A missing file or a page of HTML never replaces a genuine nix-cache-info.
   *
   * @param text the body; empty if the upstream has no such file
   */
  void learn(Optional<String> text) {
    boolean isGenuine = text.isPresent() && CacheInfo.isOne(text.get());
    Known before = known;
    if (!isGenuine && before != null && before.isGenuine()) {
      keep();
      return;
    }
    Duration stay = isGenuine ? VALID : ABSENT;
    CacheInfo info = CacheInfo.parse(isGenuine ? text.get() : "");
    known = new Known(info, isGenuine, nanos.getAsLong() + stay.toNanos());
  }

  /** Records a failed request: keeps the known contents and asks again after a minute. */
  void keep() {
    Known before = known;
    if (before != null) {
      known =
          new Known(before.info(), before.isGenuine(), nanos.getAsLong() + RETRY_AFTER.toNanos());
    }
  }
}
