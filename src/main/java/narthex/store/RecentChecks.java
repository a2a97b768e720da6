package narthex.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * Checks at most once a second that the blobs of a stored form are present: such a check may take
 * longer than to send a small popular NAR. Thread-safe.
 */
final class RecentChecks {
  private static final Duration LONGEST = Duration.ofSeconds(1);

  /** Maximum number of forms; about 100 bytes each. */
  private static final long FORMS = 10_000;

  private final Cache<Object, Boolean> passed;

  /**
   * @param clock tells when a second is over
   * @param memoryTtl a check counts at most so long
   */
  RecentChecks(InstantSource clock, Duration memoryTtl) {
    this.passed =
        Caffeine.newBuilder()
            .maximumSize(FORMS)
            .expireAfterWrite(memoryTtl.compareTo(LONGEST) < 0 ? memoryTtl : LONGEST)
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .executor(Runnable::run)
            .build();
  }

  /** Checks one form. */
  @FunctionalInterface
  interface Check {
    /** Throws if something is missing, or the store fails. */
    void run() throws IOException;
  }

  /**
   * Runs the check, unless it passed just now.
   *
   * @param form equal for the same blobs only
   */
  void require(Object form, Check check) throws IOException {
    if (passed.getIfPresent(form) == null) {
      check.run();
      passed.put(form, Boolean.TRUE);
    }
  }
}
