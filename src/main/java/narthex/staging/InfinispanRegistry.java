package narthex.staging;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import narthex.blob.Extent;
import org.jspecify.annotations.Nullable;

/**
 * The registry of replicas that each have a copy of it, by an embedded Infinispan. Thread-safe.
 *
 * <h2>Races</h2>
 *
 * An entry is only replaced or removed under the condition that it is still what the replica saw.
 * But a call that takes too long goes on in the background, so what it wanted may come true after
 * its caller ended the flight; and when a split heals, old entries may come back. Therefore a
 * replica remembers the attempts that it holds, and {@linkplain #settle corrects} an entry of its
 * own that says something else, after each change of it.
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

  private final String self;
  private final ReplicatedMap copies;
  private final ClusterCalls calls;
  private final Watchers watchers;
  private final Future<?> sweeps;
  private final ConcurrentMap<String, StagedFlight> own = new ConcurrentHashMap<>();
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
    long millis = resources.linger().toMillis();
    this.sweeps =
        resources
            .timer()
            .scheduleWithFixedDelay(this::sweep, millis, millis, TimeUnit.MILLISECONDS);
    watchers.first(this::settle);
    watchers.changed(Watchers.ALL);
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
    String seen = copies.peek(flight);
    for (int i = 0; i < TRIES; i++) {
      Optional<StagedFlight> before = RegistryText.attempt(seen);
      if (before.filter(this::isElsewhere).isPresent()) {
        return before.get();
      }
      long known = before.map(StagedFlight::epoch).orElse(0L);
      long epoch = lastEpoch.updateAndGet(last -> Math.max(last, known) + 1);
      StagedFlight mine = StagedFlight.begin(flight, self, epoch);
      own.put(flight, mine);
      String old = seen;
      String counts =
          calls.ask("claim", mine.print(), () -> replaceOrGet(flight, old, mine.print()));
      if (counts.equals(mine.print())) {
        return mine;
      }
      own.remove(flight, mine);
      seen = counts.isEmpty() ? null : counts;
    }
    // Others change it all the time: alone for this flight.
    return own.computeIfAbsent(
        flight, name -> StagedFlight.begin(name, self, lastEpoch.incrementAndGet()));
  }

  private boolean isElsewhere(StagedFlight attempt) {
    return isActive(attempt)
        && !attempt.holder().equals(self)
        && copies.members().contains(attempt.holder());
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
    hold(mine);
    calls.tell("update", () -> replaceOwn(mine, TRIES));
  }

  @Override
  public void release(StagedFlight mine) {
    if (isFollowed(mine)) {
      hold(mine);
      calls.tell("release", () -> replaceOwn(mine, TRIES));
    } else {
      own.computeIfPresent(
          mine.flight(), (flight, known) -> known.isSameAttempt(mine) ? null : known);
      String text = copies.peek(mine.flight());
      if (isSame(text, mine)) {
        calls.tell("release", () -> copies.map().removeAsync(mine.flight(), text));
      }
    }
  }

  /** Remembers the new state of an attempt that this replica holds. */
  private void hold(StagedFlight mine) {
    own.computeIfPresent(
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

  private static boolean isSame(@Nullable String text, StagedFlight attempt) {
    return RegistryText.attempt(text).filter(attempt::isSameAttempt).isPresent();
  }

  @Override
  public Optional<StagedFlight> find(String flight) {
    return RegistryText.attempt(copies.peek(flight))
        .filter(attempt -> !isActive(attempt) || copies.members().contains(attempt.holder()));
  }

  @Override
  public void publish(StagedFlight mine, int nth, List<Extent> extents) {
    if (isSame(copies.peek(mine.flight()), mine)) {
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

  /** Corrects the entries of this replica's attempts. Doesn't wait. */
  private void settle(String flight) {
    if (flight.equals(Watchers.ALL)) {
      Set<String> flights = new HashSet<>(own.keySet());
      copies.keys().forEach(key -> flights.add(RegistryText.flight(key)));
      flights.forEach(this::settleOne);
    } else {
      settleOne(flight);
    }
  }

  private void settleOne(String flight) {
    String text = copies.peek(flight);
    StagedFlight held = own.get(flight);
    Optional<StagedFlight> counts = RegistryText.attempt(text);
    if (held != null && isActive(held) && text == null) {
      calls.begin(() -> copies.map().putIfAbsentAsync(flight, held.print()));
    } else if (held != null && isSame(text, held)) {
      if (!held.print().equals(text)) {
        calls.begin(() -> replaceOwn(held, 1));
      } else if (!isActive(held)) {
        own.remove(flight, held);
      }
    } else {
      if (held != null && !isActive(held)) {
        own.remove(flight, held);
      }
      if (text != null && counts.filter(this::isOwnActive).isPresent()) {
        calls.begin(() -> copies.map().removeAsync(flight, text));
      }
    }
  }

  private static boolean isActive(StagedFlight attempt) {
    return attempt.state() == StagedFlight.State.ACTIVE;
  }

  private boolean isOwnActive(StagedFlight attempt) {
    return attempt.holder().equals(self) && isActive(attempt);
  }

  /** Removes the entries of attempts that are dead since the last sweep. */
  private void sweep() {
    try {
      settle(Watchers.ALL);
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
                    && isActive(counts)
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
    sweeps.cancel(false);
    watchers.first(flight -> {});
    copies.close();
  }
}
