package narthex.upstream;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an upstream's nix-cache-info, and until when. Clients take an upstream without
 * one, or with a page of HTML in its place, for one of default priority; so does this, but asks
 * again. Safe for use by many threads.
 */
final class KnownCacheInfo {
  private static final Duration VALID = Duration.ofHours(1);
  private static final Duration ABSENT = Duration.ofMinutes(1);

  /** When something is known already and cannot be learnt anew. */
  private static final Duration AGAIN = Duration.ofMinutes(1);

  private record Known(CacheInfo info, boolean told, long until) {}

  private final LongSupplier nanos;
  private volatile @Nullable Known known;

  /**
   * @param nanos the time, as {@link System#nanoTime} tells it
   */
  KnownCacheInfo(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** What is known now; empty if it was never asked for. */
  Optional<CacheInfo> last() {
    Known now = known;
    return now == null ? Optional.empty() : Optional.of(now.info());
  }

  /** Whether it is to be asked for before the next question. */
  boolean isDue() {
    Known now = known;
    return now == null || nanos.getAsLong() - now.until() >= 0;
  }

  /** Takes an answer; empty if there is no such file. One that says nothing counts once only. */
  void learn(Optional<String> text) {
    boolean told = text.isPresent() && CacheInfo.isOne(text.get());
    Known before = known;
    if (!told && before != null && before.told()) {
      keep();
      return;
    }
    Duration stay = told ? VALID : text.isPresent() ? Duration.ZERO : ABSENT;
    CacheInfo info = CacheInfo.parse(told ? text.get() : "");
    known = new Known(info, told, nanos.getAsLong() + stay.toNanos());
  }

  /** It could not be asked for, so what is known stays for a while. */
  void keep() {
    Known before = known;
    if (before != null) {
      known = new Known(before.info(), before.told(), nanos.getAsLong() + AGAIN.toNanos());
    }
  }
}
