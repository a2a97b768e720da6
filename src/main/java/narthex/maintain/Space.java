package narthex.maintain;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import narthex.blob.CountingBlobStore;

/**
 * Compares the space that the store takes with its limits.
 *
 * <p>What was evicted leaves the disk only when its blobs are deleted or, for chunks, when their
 * packs are. It counts as gone meanwhile, so that it isn't evicted twice; but if blobs are still
 * there after {@link #SETTLED}, the space counts as taken again. That time begins when the deletion
 * of blobs is no longer held, as by a backup. Not thread-safe.
 */
final class Space {
  /** Time in which the space of what was evicted becomes free. */
  static final Duration SETTLED = Duration.ofMinutes(10);

  /** How often the blobs are counted while no limit is passed. */
  private static final Duration COUNT_EVERY = Duration.ofHours(1);

  private record Evicted(Instant at, long bytes) {}

  private final Eviction.Limits limits;
  private final CountingBlobStore blobs;
  private final Eviction.FreeSpace free;
  private final BooleanSupplier isDeletionHeld;
  private final InstantSource clock;
  private final Deque<Evicted> evicted = new ArrayDeque<>();
  private long evictedBytes;
  private Instant heldAt = Instant.MIN;
  private long deletedBefore;
  private Instant countedAt = Instant.MIN;
  private OptionalLong aim = OptionalLong.empty();

  Space(
      Eviction.Limits limits,
      CountingBlobStore blobs,
      Eviction.FreeSpace free,
      BooleanSupplier isDeletionHeld,
      InstantSource clock) {
    this.limits = limits;
    this.blobs = blobs;
    this.free = free;
    this.isDeletionHeld = isDeletionHeld;
    this.clock = clock;
  }

  /** Returns whether a limit is passed, as far as is known without listing the store. */
  boolean isPassed() throws IOException {
    if (blobs.bytes().isEmpty() || !clock.instant().isBefore(countedAt.plus(COUNT_EVERY))) {
      count();
    }
    return excess() > 0;
  }

  /** Counts the stored bytes afresh, as other replicas store and delete blobs too. */
  void count() throws IOException {
    blobs.count();
    countedAt = clock.instant();
  }

  /**
   * Returns how many bytes must go until the low-water marks are reached; at most 0 if no limit is
   * passed, or if enough was evicted.
   */
  long excess() throws IOException {
    return Math.max(Math.max(stored(), missing()), beyondAim()) - pending();
  }

  /** Sets how many bytes may be stored for now, besides the limits; empty for any number. */
  void aim(OptionalLong bytes) {
    aim = bytes;
  }

  private long beyondAim() {
    return aim.isPresent() ? storedBytes() - aim.getAsLong() : 0;
  }

  private long stored() {
    OptionalLong max = limits.maxBytes();
    OptionalLong stored = blobs.bytes();
    if (max.isEmpty() || stored.isEmpty()) {
      return 0;
    }
    long low = limits.lowBytes();
    long start = low + (max.getAsLong() - low) / 2; // leaves room for what comes in meanwhile
    return stored.getAsLong() > start ? stored.getAsLong() - low : 0;
  }

  private long missing() throws IOException {
    OptionalLong least = limits.minFreeBytes();
    if (least.isEmpty()) {
      return 0;
    }
    long now = free.bytes();
    return now < least.getAsLong() ? (long) (least.getAsLong() / limits.lowWater()) - now : 0;
  }

  /** Records that NARs were evicted whose deletion frees so many bytes. */
  void evicted(long bytes) {
    evicted.addLast(new Evicted(clock.instant(), bytes));
    evictedBytes += bytes;
  }

  /** Returns whether blobs of evicted NARs may still have to be deleted. */
  boolean isSettling() {
    pending();
    return !evicted.isEmpty();
  }

  /** Returns the bytes that were evicted and whose blobs aren't deleted yet. */
  long pending() {
    long deleted = blobs.deletedBytes() - deletedBefore;
    deletedBefore += deleted;
    if (isDeletionHeld.getAsBoolean()) {
      heldAt = clock.instant();
    }
    Instant settled = clock.instant().minus(SETTLED);
    if (!heldAt.isAfter(settled)) {
      while (!evicted.isEmpty() && !evicted.getFirst().at().isAfter(settled)) {
        evictedBytes -= evicted.removeFirst().bytes();
      }
    }
    while (!evicted.isEmpty() && deleted > 0) {
      Evicted first = evicted.removeFirst();
      evictedBytes -= Math.min(first.bytes(), deleted);
      if (first.bytes() > deleted) {
        evicted.addFirst(new Evicted(first.at(), first.bytes() - deleted));
      }
      deleted -= first.bytes();
    }
    return evictedBytes;
  }

  /** Returns the stored bytes for the log. */
  long storedBytes() {
    return blobs.bytes().orElse(0);
  }
}
