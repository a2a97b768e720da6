package narthex.ingest;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import narthex.nix.NarId;

/**
 * Upstreams whose file of a NAR turned out wrong or could not be had to its end. For a while they
 * are asked for that NAR after all others. A hint: it changes an order, nothing else. Thread-safe.
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

  /** What a NAR is called here. */
  static String name(NarId nar) {
    return nar.hash().nix32();
  }

  /**
   * Notes that an upstream sent something wrong.
   *
   * @param upstream its base URL
   * @param what was wanted: the name of a NAR, or the stem of a file name
   */
  void add(String upstream, String what) {
    places.put(new Place(upstream, what), clock.instant());
  }

  /** Whether that upstream sent something wrong a short while ago. */
  boolean contains(String upstream, String what) {
    Instant since = places.getIfPresent(new Place(upstream, what));
    return since != null && clock.instant().isBefore(since.plus(STAY));
  }
}
