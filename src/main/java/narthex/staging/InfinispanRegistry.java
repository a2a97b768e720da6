package narthex.staging;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import narthex.blob.Extent;
import org.jspecify.annotations.Nullable;

/**
 * The registry of replicas that each have a copy of it, by an embedded Infinispan. Thread-safe.
 *
 * <h2>Races</h2>
 *
 * An entry is only replaced or removed under the condition that it is still what the replica saw.
 * But a call that takes too long goes on in the background, so what it wanted may come true after
 * its caller ended the flight, or never; and when a split heals, old entries may come back.
 * Therefore a replica remembers the {@linkplain HeldAttempts attempts that it holds}, and corrects
 * what the entries say of them, after each change and each second.
 *
 * <h2>Removal</h2>
 *
 * An attempt is dead if it ended, if another counts, or if its holder isn't connected. A sweep on
 * one of the replicas removes the entries of attempts that were dead at the sweep before too.
 */
public final class InfinispanRegistry implements InFlightRegistry {
  private static final System.Logger LOG = System.getLogger(InfinispanRegistry.class.getName());

  /** How often a conditional change is tried; each try lost to a change by another. */
  private static final int TRIES = 8;

  /** How long the entry of an announcement stays. The others get it as it is created. */
  private static final Duration ANNOUNCED_FOR = Duration.ofSeconds(10);

  /** How often entries are compared with what this replica holds, although nothing changed. */
  private static final Duration CORRECTED_EVERY = Duration.ofSeconds(1);

  private final String self;
  private final ReplicatedMap copies;
  private final ClusterCalls calls;
  private final Watchers watchers;
  private final HeldAttempts held;
  private final List<Future<?>> chores;
  private final AtomicLong lastEpoch = new AtomicLong();
  private final AtomicLong announcements = new AtomicLong();
  private Set<String> deadBefore = Set.of(); // only in the thread of the timer

  /**
   * What a registry runs with.
   *
   * @param calls threads for calls into the cluster, which may block for seconds; bounded, and with
   *     a bounded queue; their owner stops them
   * @param timer one thread, for actions after changes and for sweeps; its owner stops it
   * @param patience longest wait for the cluster
   * @param linger how long entries of a dead attempt stay at least; at most twice as long
   */
  public record Resources(
      ExecutorService calls, ScheduledExecutorService timer, Duration patience, Duration linger) {
    /** With the patience that the interface promises; entries stay for a minute. */
    public Resources(ExecutorService calls, ScheduledExecutorService timer) {
      this(calls, timer, Duration.ofMillis(PATIENCE_MILLIS), Duration.ofMinutes(1));
    }
  }

  private InfinispanRegistry(
      String self, ReplicatedMap copies, Watchers watchers, Resources resources) {
    this.self = self;
    this.copies = copies;
    this.watchers = watchers;
    this.calls = new ClusterCalls(resources.calls(), resources.patience());
    this.held = new HeldAttempts(self, copies, calls);
    this.chores =
        List.of(
            every(resources.linger(), resources.timer(), this::sweep),
            every(CORRECTED_EVERY, resources.timer(), this::settle));
    watchers.first(held::settle);
    watchers.changed(Watchers.ALL);
  }

  private static Future<?> every(Duration period, ScheduledExecutorService timer, Runnable chore) {
    long millis = period.toMillis();
    return timer.scheduleWithFixedDelay(chore, millis, millis, TimeUnit.MILLISECONDS);
  }

  /**
   * Joins the cluster, or starts one if nobody answers within some seconds; two that started alone
   * are merged later.
   *
   * @throws IOException if this replica can't listen for others
   */
  public static InfinispanRegistry join(ClusterPolicy policy, Resources resources)
      throws IOException {
    Watchers watchers = new Watchers(resources.timer());
    ReplicatedMap copies = ReplicatedMap.join(policy, key -> changed(watchers, policy.node(), key));
    return new InfinispanRegistry(policy.node(), copies, watchers, resources);
  }

  private static void changed(Watchers watchers, String self, String key) {
    Optional<RegistryText.Announcement> announced = RegistryText.announcement(key);
    if (announced.isEmpty()) {
      watchers.changed(RegistryText.flight(key));
    } else if (!announced.get().replica().equals(self)) {
      watchers.announced(announced.get().change());
    }
  }

  @Override
  public String self() {
    return self;
  }

  @Override
  public Set<String> members() {
    return copies.members();
  }

  @Override
  public Optional<String> fault() {
    return copies.fault();
  }

  @Override
  public StagedFlight claim(String flight) {
    return claim(flight, held::isElsewhere, held::addFirst);
  }

  @Override
  public StagedFlight offer(String flight) {
    StagedFlight counts =
        claim(
            flight,
            other -> held.isElsewhere(other) && other.content() != null,
            mine -> {
              held.add(mine);
              return true;
            });
    if (counts.holder().equals(self)) {
      return counts;
    }
    StagedFlight mine = begin(flight, counts.epoch());
    held.add(mine);
    return mine;
  }

  /**
   * Claims a flight, unless an attempt counts that this replica yields to.
   *
   * @param holds holds an attempt; one that it doesn't hold is never announced
   */
  private StagedFlight claim(
      String flight, Predicate<StagedFlight> yields, Predicate<StagedFlight> holds) {
    String seen = copies.peek(flight);
    for (int i = 0; i < TRIES; i++) {
      Optional<StagedFlight> before = RegistryText.attempt(seen);
      if (before.filter(yields).isPresent()) {
        return before.get();
      }
      StagedFlight mine = begin(flight, before.map(StagedFlight::epoch).orElse(0L));
      if (!holds.test(mine)) {
        return mine;
      }
      String old = seen;
      String counts =
          calls.ask("claim", mine.print(), () -> replaceOrGet(flight, old, mine.print()));
      if (counts.equals(mine.print())) {
        return mine;
      }
      held.remove(mine);
      seen = counts.isEmpty() ? null : counts;
    }
    StagedFlight mine = begin(flight, 0); // others change it all the time
    var unused = holds.test(mine);
    return mine;
  }

  /** A new attempt of this replica, which isn't announced yet. */
  private StagedFlight begin(String flight, long known) {
    long epoch = lastEpoch.updateAndGet(last -> Math.max(last, known) + 1);
    return StagedFlight.begin(flight, self, epoch);
  }

  /** Replaces a value, if it is still the old one. Gives the value that counts, or "" if none. */
  private CompletableFuture<String> replaceOrGet(String key, @Nullable String old, String value) {
    if (old == null) {
      return copies
          .map()
          .putIfAbsentAsync(key, value)
          .thenApply(before -> before == null ? value : before);
    }
    return copies
        .map()
        .replaceAsync(key, old, value)
        .thenCompose(
            done ->
                done
                    ? CompletableFuture.completedFuture(value)
                    : copies.map().getAsync(key).thenApply(now -> now == null ? "" : now));
  }

  @Override
  public void update(StagedFlight mine) {
    held.update(mine);
  }

  @Override
  public void release(StagedFlight mine) {
    if (isFollowed(mine)) {
      held.end(mine);
    } else {
      held.drop(mine);
    }
  }

  @Override
  public Optional<StagedFlight> find(String flight) {
    return RegistryText.attempt(copies.peek(flight))
        .filter(
            attempt ->
                !HeldAttempts.isActive(attempt) || copies.members().contains(attempt.holder()));
  }

  @Override
  public void publish(StagedFlight mine, int nth, List<Extent> extents) {
    if (HeldAttempts.isSame(copies.peek(mine.flight()), mine)) {
      String key = RegistryText.batchKey(mine, nth);
      String text = RegistryText.print(extents);
      calls.tell("publish", () -> copies.writing().putAsync(key, text));
    }
  }

  @Override
  public Optional<List<Extent>> batch(StagedFlight attempt, int nth) {
    return RegistryText.extents(copies.peek(RegistryText.batchKey(attempt, nth)));
  }

  @Override
  public void follow(StagedFlight attempt) {
    String key = RegistryText.followedKey(attempt);
    if (copies.peek(key) == null) {
      calls.tell("follow", () -> copies.writing().putAsync(key, self));
    }
  }

  @Override
  public boolean isFollowed(StagedFlight mine) {
    return copies.peek(RegistryText.followedKey(mine)) != null;
  }

  @Override
  public Registration watch(String flight, Runnable changed) {
    return watchers.add(flight, changed);
  }

  @Override
  public void announce(String change) {
    String key = RegistryText.announcementKey(self, announcements.incrementAndGet(), change);
    calls.begin(
        () -> copies.writing().putAsync(key, "", ANNOUNCED_FOR.toMillis(), TimeUnit.MILLISECONDS));
  }

  @Override
  public Registration listen(Consumer<String> action) {
    return watchers.listen(action);
  }

  private void settle() {
    try {
      held.settle(Watchers.ALL);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "entries of this replica not corrected", e);
    }
  }

  /** Removes the entries of attempts that are dead since the last sweep. */
  private void sweep() {
    try {
      Set<String> dead = new HashSet<>();
      Set<String> members = copies.members();
      for (String key : copies.keys()) {
        RegistryText.attemptOf(key)
            .or(() -> RegistryText.attempt(copies.peek(key)).map(RegistryText::attemptKey))
            .filter(attempt -> isDead(attempt, members))
            .ifPresent(
                attempt -> {
                  dead.add(attempt);
                  if (deadBefore.contains(attempt) && copies.isCoordinator()) {
                    remove(key, attempt);
                  }
                });
      }
      deadBefore = dead;
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "registry not swept", e);
    }
  }

  private boolean isDead(String attempt, Set<String> members) {
    return RegistryText.attempt(copies.peek(RegistryText.flight(attempt)))
        .filter(
            counts ->
                RegistryText.attemptKey(counts).equals(attempt)
                    && HeldAttempts.isActive(counts)
                    && members.contains(counts.holder()))
        .isEmpty();
  }

  private void remove(String key, String attempt) {
    String value = copies.peek(key);
    boolean isOther =
        !key.contains(" ")
            && !RegistryText.attempt(value)
                .map(RegistryText::attemptKey)
                .equals(Optional.of(attempt));
    if (value != null && !isOther) {
      calls.begin(() -> copies.map().removeAsync(key, value));
    }
  }

  @Override
  public void close() {
    chores.forEach(chore -> chore.cancel(false));
    watchers.first(flight -> {});
    copies.close();
  }
}
