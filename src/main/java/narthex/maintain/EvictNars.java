package narthex.maintain;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import narthex.db.NarInfoRow;
import narthex.db.UsedNar;
import narthex.maintain.Eviction.Keep;
import narthex.maintain.EvictionWalk.Candidate;
import narthex.nix.Sha256;

/**
 * Decides about the NARs that an {@link Eviction} has found, and evicts them. Remembers for a while
 * which NARs no upstream has. Not thread-safe.
 */
final class EvictNars {
  /** How many NARs the upstreams are asked for at once. */
  private static final int AT_ONCE = 16;

  /** How long not to ask again for a NAR that no upstream has. */
  private static final Duration ABSENT_FOR = Duration.ofDays(1);

  /** How long not to ask again for a NAR of which no upstream could tell. */
  private static final Duration UNKNOWN_FOR = Duration.ofMinutes(10);

  private static final int MOST_REMEMBERED = 200_000;

  private final Eviction.Policy policy;
  private final Eviction.Nars nars;
  private final ExecutorService threads;
  private final Space space;
  private final InstantSource clock;
  private final Availability availability;
  private final Deletion deletion;

  /** NARs that were spared because of what the upstreams said, until when. */
  private final Map<Sha256, Instant> spared = new HashMap<>();

  /**
   * @param threads run questions to the upstreams
   * @param space knows how much must go
   */
  EvictNars(
      Eviction.Policy policy,
      Eviction.Nars nars,
      ExecutorService threads,
      Space space,
      InstantSource clock) {
    this.policy = policy;
    this.nars = nars;
    this.threads = threads;
    this.space = space;
    this.clock = clock;
    this.availability = new Availability(nars.database(), nars.upstreams(), clock);
    this.deletion = new Deletion(nars.database(), nars.stored(), nars.pins(), clock);
  }

  /** What one eviction did, and how. */
  static final class Tally {
    final Duration grace;
    final Progress progress;

    /** Whether NARs were searched for, and how many were spared in the last search. */
    boolean isSearched;

    long spared;

    long evicted;
    long bytes;
    long absent;
    long unknown;
    long used;

    /**
     * @param grace how long to keep the blobs of evicted NARs
     */
    Tally(Duration grace, Progress progress) {
      this.grace = grace;
      this.progress = progress;
    }
  }

  /** Forgets what the upstreams said too long ago. */
  void forget(Instant now) {
    spared.values().removeIf(until -> !until.isAfter(now));
  }

  /** Returns what decides which NARs are spared now. */
  EvictionWalk.Sparing sparing(Instant now) {
    return nar -> isSpared(nar, now);
  }

  private boolean isSpared(UsedNar nar, Instant now) {
    boolean isSparedUpload =
        nar.origin() == UsedNar.Origin.UPLOAD
            && (policy.keep() == Keep.UNAVAILABLE
                || nar.storedAt().isAfter(now.minus(policy.spareUploads())));
    return isSparedUpload || spared.containsKey(nar.hash()) || nar.isPinned();
  }

  /** Evicts what a walk finds until enough is gone, or the work is stopped. */
  void evict(EvictionWalk walk, Tally tally) throws IOException {
    tally.isSearched = true;
    try {
      evictFound(walk, tally);
    } finally {
      tally.spared = walk.spared();
    }
  }

  private void evictFound(EvictionWalk walk, Tally tally) throws IOException {
    List<Candidate> batch = nextBatch(walk, space.excess());
    while (!batch.isEmpty()) {
      List<Availability.Answer> answers = ask(batch);
      nars.pins().follow(); // narinfos that came since the walk
      evict(batch, answers, tally);
      tally.progress.at("evicted NARs", tally.evicted, 0);
      batch = nextBatch(walk, space.excess());
    }
  }

  /** Returns the next NARs of a walk, no more than are needed to free so many bytes. */
  private static List<Candidate> nextBatch(EvictionWalk walk, long bytes) throws IOException {
    List<Candidate> batch = new ArrayList<>();
    long left = bytes;
    while (left > 0 && batch.size() < AT_ONCE) {
      Optional<Candidate> next = walk.next();
      if (next.isEmpty()) {
        break;
      }
      batch.add(next.get());
      left -= next.get().bytes();
    }
    return batch;
  }

  /** Asks the upstreams for the NARs of a batch where the answer matters. */
  private List<Availability.Answer> ask(List<Candidate> batch) throws IOException {
    Set<Sha256> asked = new HashSet<>();
    for (Candidate candidate : batch) {
      UsedNar nar = candidate.nar();
      if (policy.keep() == Keep.UNAVAILABLE || nar.origin() == UsedNar.Origin.UPLOAD) {
        asked.add(nar.hash());
      }
    }
    Map<Sha256, Availability.Answer> answers = availability.askAll(asked, threads);
    return batch.stream()
        .map(one -> answers.getOrDefault(one.nar().hash(), Availability.Answer.AVAILABLE))
        .toList();
  }

  private void evict(List<Candidate> batch, List<Availability.Answer> answers, Tally tally)
      throws IOException {
    List<Candidate> chosen = new ArrayList<>();
    Set<Sha256> nowhere = new HashSet<>();
    for (int i = 0; i < batch.size(); i++) {
      Sha256 narHash = batch.get(i).nar().hash();
      Availability.Answer answer = answers.get(i);
      if (policy.keep() == Keep.UNAVAILABLE && answer != Availability.Answer.AVAILABLE) {
        boolean isAbsent = answer == Availability.Answer.ABSENT;
        tally.absent += isAbsent ? 1 : 0;
        tally.unknown += isAbsent ? 0 : 1;
        spare(narHash, isAbsent ? ABSENT_FOR : UNKNOWN_FOR);
      } else if (nars.stored().uses().isNoted(narHash)) {
        tally.used++;
      } else {
        chosen.add(batch.get(i));
        if (answer == Availability.Answer.ABSENT) {
          nowhere.add(narHash);
        }
      }
    }
    evict(chosen, nowhere, tally);
  }

  /**
   * Deletes the stored forms of NARs that weren't used meanwhile.
   *
   * @param nowhere the narinfos of these go too, as nothing could serve them any more
   */
  private void evict(List<Candidate> chosen, Set<Sha256> nowhere, Tally tally) throws IOException {
    Set<Sha256> evicted =
        nars.stored()
            .evict(chosen.stream().map(Candidate::nar).toList(), clock.instant().plus(tally.grace));
    tally.used += chosen.size() - evicted.size();
    for (Candidate candidate : chosen) {
      if (evicted.contains(candidate.nar().hash())) {
        tally.evicted++;
        tally.bytes += candidate.bytes();
        space.evicted(candidate.bytes());
      }
    }
    for (Sha256 narHash : evicted) {
      deletion.deleteListing(narHash);
      if (nowhere.contains(narHash)) {
        for (NarInfoRow row : nars.database().findNarInfosOf(narHash)) {
          deletion.deleteUnpinned(row.said().storePath().hash());
        }
      }
    }
  }

  private void spare(Sha256 narHash, Duration time) {
    if (spared.size() < MOST_REMEMBERED) {
      spared.put(narHash, clock.instant().plus(time));
    }
  }
}
