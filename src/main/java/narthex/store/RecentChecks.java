package narthex.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import narthex.blob.BlobLostException;
import narthex.blob.Extent;
import narthex.blob.StoredManifest;

/**
 * Checks at most once a second that the blobs of files in memory are present: such a check takes a
 * good part of the time that it takes to send one. Thread-safe.
 */
final class RecentChecks {
  private static final Duration LONGEST = Duration.ofSeconds(1);

  /** Maximum number of files; about 100 bytes each. */
  private static final long FILES = 10_000;

  private final Cache<List<Extent>, Boolean> passed;

  /**
   * @param clock tells when a second is over
   * @param memoryTtl a check counts at most so long
   */
  RecentChecks(InstantSource clock, Duration memoryTtl) {
    this.passed =
        Caffeine.newBuilder()
            .maximumSize(FILES)
            .expireAfterWrite(memoryTtl.compareTo(LONGEST) < 0 ? memoryTtl : LONGEST)
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .executor(Runnable::run)
            .build();
  }

  /**
   * Checks that the blobs of a file are present, unless its bytes are in memory and the check
   * passed just now.
   *
   * @param extents where the bytes of the file are
   * @throws BlobLostException if a blob is missing or incomplete
   * @throws IOException if the blob store fails
   */
  void requirePresent(StoredManifest file, List<Extent> extents) throws IOException {
    if (!file.isInMemory()) {
      file.requirePresent();
    } else if (passed.getIfPresent(extents) == null) {
      file.requirePresent();
      passed.put(extents, Boolean.TRUE);
    }
  }
}
