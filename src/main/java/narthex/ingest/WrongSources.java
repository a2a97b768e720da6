package narthex.ingest;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import narthex.nix.NarId;

/**
 * Remembers upstreams whose file of a NAR was corrupt or whose transfer failed. For 10 minutes they
 * are asked for that NAR after all others. Only affects that order. Thread-safe.
 */
final class WrongSources {
  private static final Duration STAY = Duration.ofMinutes(10);
  private static final long MOST = 10_000;

  private record Place(String upstream, String what) {}

  private final InstantSource clock;
  private final Cache<Place, Instant> places =
      Caffeine.newBuilder().maximumSize(MOST).executor(Runnable::run).build();

  WrongSources(InstantSource clock) {
    this.clock = clock;
  }

  /** The key of a NAR. */
  static String name(NarId nar) {
    return nar.hash().nix32();
  }

  /**
   * Records that an upstream sent a corrupt or incomplete file.
   *
   * @param upstream its base URL
   * @param what the key of the NAR, or the stem of the file name
   */
  void add(String upstream, String what) {
    places.put(new Place(upstream, what), clock.instant());
  }

  /** Whether the upstream sent a corrupt or incomplete file in the last 10 minutes. */
  boolean contains(String upstream, String what) {
    Instant since = places.getIfPresent(new Place(upstream, what));
    return since != null && clock.instant().isBefore(since.plus(STAY));
  }
}
