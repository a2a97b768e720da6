package narthex.staging;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The attempts that this replica holds, one at most for each flight, and their entries in the
 * replicated registry. Thread-safe.
 *
 * <p>What a call should change may come true late, or never: see {@link ClusterCalls}. {@link
 * #settle} compares the entries with what is held, and corrects those that differ. It announces an
 * attempt of which the cluster doesn't know, unless one of another replica counts. Corrections run
 * in the background, one at a time for each flight.
 */
final class HeldAttempts {
  /** How often a conditional change is tried; each try lost to a change by another. */
  private static final int TRIES = 8;

  private final String self;
  private final ReplicatedMap copies;
  private final ClusterCalls calls;
  private final ConcurrentMap<String, StagedFlight> held = new ConcurrentHashMap<>();
  private final Set<String> correcting = ConcurrentHashMap.newKeySet();

  HeldAttempts(String self, ReplicatedMap copies, ClusterCalls calls) {
    this.self = self;
    this.copies = copies;
    this.calls = calls;
  }

  /** Holds an attempt of this replica. Doesn't announce it. */
  void add(StagedFlight mine) {
    held.put(mine.flight(), mine);
  }

  /** Holds an attempt, unless another active one of the flight is held; returns whether it does. */
  boolean addFirst(StagedFlight mine) {
    return mine.equals(
        held.compute(
            mine.flight(), (flight, known) -> known != null && isActive(known) ? known : mine));
  }

  /** Holds this attempt no longer, as another one counts. */
  void remove(StagedFlight mine) {
    held.remove(mine.flight(), mine);
  }

  /** Announces the new state of an attempt. */
  void update(StagedFlight mine) {
    replace(mine);
    calls.tell("update", () -> replaceOwn(mine, TRIES));
  }

  /** Announces the end of an attempt that has followers. */
  void end(StagedFlight mine) {
    replace(mine);
    calls.tell("release", () -> replaceOwn(mine, TRIES));
  }

  /** Removes an attempt that has no followers. */
  void drop(StagedFlight mine) {
    held.computeIfPresent(
        mine.flight(), (flight, known) -> known.isSameAttempt(mine) ? null : known);
    String text = copies.peek(mine.flight());
    if (isSame(text, mine)) {
      calls.tell("release", () -> copies.map().removeAsync(mine.flight(), text));
    }
  }

  private void replace(StagedFlight mine) {
    held.computeIfPresent(
        mine.flight(), (flight, known) -> known.isSameAttempt(mine) ? mine : known);
  }

  /** Replaces the entry of an own attempt, if it counts. */
  private CompletableFuture<Boolean> replaceOwn(StagedFlight mine, int tries) {
    String value = mine.print();
    String text = copies.peek(mine.flight());
    if (tries == 0 || !isSame(text, mine) || value.equals(text)) {
      return CompletableFuture.completedFuture(true);
    }
    return copies
        .map()
        .replaceAsync(mine.flight(), text, value)
        .thenCompose(
            done -> done ? CompletableFuture.completedFuture(true) : replaceOwn(mine, tries - 1));
  }

  /** Whether this is the attempt in a value. */
  static boolean isSame(@Nullable String text, StagedFlight attempt) {
    return RegistryText.attempt(text).filter(attempt::isSameAttempt).isPresent();
  }

  /** Whether it is an active attempt of another replica that is connected. */
  boolean isElsewhere(StagedFlight attempt) {
    return isActive(attempt)
        && !attempt.holder().equals(self)
        && copies.members().contains(attempt.holder());
  }

  static boolean isActive(StagedFlight attempt) {
    return attempt.state() == StagedFlight.State.ACTIVE;
  }

  /** Corrects the entries of a flight, or of {@linkplain Watchers#ALL all}. Doesn't wait. */
  void settle(String flight) {
    if (flight.equals(Watchers.ALL)) {
      Set<String> flights = new HashSet<>(held.keySet());
      copies.keys().forEach(key -> flights.add(RegistryText.flight(key)));
      flights.forEach(this::settleOne);
    } else {
      settleOne(flight);
    }
  }

  private void settleOne(String flight) {
    String text = copies.peek(flight);
    StagedFlight mine = held.get(flight);
    if (mine != null && isSame(text, mine)) {
      if (!mine.print().equals(text)) {
        correct(flight, () -> replaceOwn(mine, 1));
      } else if (!isActive(mine)) {
        held.remove(flight, mine);
      }
      return;
    }
    if (mine != null && !isActive(mine)) {
      held.remove(flight, mine);
    }
    Optional<StagedFlight> counts = RegistryText.attempt(text);
    if (text != null && counts.filter(this::isOwnActive).isPresent()) {
      correct(flight, () -> copies.map().removeAsync(flight, text)); // held no longer
    } else if (mine != null && isActive(mine)) {
      announce(mine, text, counts);
    }
  }

  private boolean isOwnActive(StagedFlight attempt) {
    return attempt.holder().equals(self) && isActive(attempt);
  }

  private void announce(StagedFlight mine, @Nullable String text, Optional<StagedFlight> counts) {
    if (text == null) {
      correct(mine.flight(), () -> copies.map().putIfAbsentAsync(mine.flight(), mine.print()));
    } else if (counts.filter(this::isOver).isPresent()) {
      correct(mine.flight(), () -> copies.map().replaceAsync(mine.flight(), text, mine.print()));
    }
  }

  /** Whether an attempt neither brings bytes in, nor tells followers that they are stored. */
  private boolean isOver(StagedFlight attempt) {
    return attempt.state() != StagedFlight.State.STORED && !isElsewhere(attempt);
  }

  private void correct(String flight, Supplier<? extends CompletableFuture<?>> correction) {
    if (correcting.add(flight)) {
      calls.begin(correction, () -> correcting.remove(flight));
    }
  }
}
