package narthex.staging;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import narthex.blob.Extent;

/** A registry that forgets, lies, is late, and throws, as its script says. Thread-safe. */
public final class FaultyRegistry implements InFlightRegistry {
  /** What is wrong with it. */
  public enum Fault {
    /** A claim always succeeds, and nobody learns of it. */
    FORGETS_CLAIMS,
    /** What is published is lost. */
    FORGETS_BATCHES,
    /** Neither changes nor announcements reach anyone. */
    DROPS_EVENTS,
    /** Finds no attempt, no batch and no follower. */
    ANSWERS_EMPTY,
    /** Each batch has extents of a blob that doesn't exist. */
    LIES_ABOUT_EXTENTS,
    /** Each attempt that is active is said to be stored. */
    LIES_ABOUT_THE_END,
    /** Each call takes as long as one may. */
    IS_SLOW,
    /** Each call throws, but those that end something. */
    THROWS
  }

  private static final long FIRST_FORGOTTEN_EPOCH = 1_000_000;

  private final InFlightRegistry real;
  private final Set<Fault> faults = EnumSet.noneOf(Fault.class); // guarded by itself
  private final AtomicLong epoch = new AtomicLong(FIRST_FORGOTTEN_EPOCH);

  /** A registry that is right as long as it has no fault. */
  public FaultyRegistry(InFlightRegistry real) {
    this.real = real;
  }

  /** Adds a fault. */
  public void begin(Fault fault) {
    synchronized (faults) {
      faults.add(fault);
    }
  }

  /** Removes a fault. */
  public void end(Fault fault) {
    synchronized (faults) {
      faults.remove(fault);
    }
  }

  private boolean has(Fault fault) {
    synchronized (faults) {
      return faults.contains(fault);
    }
  }

  private void call() {
    if (has(Fault.THROWS)) {
      throw new IllegalStateException("a faulty registry");
    }
    if (has(Fault.IS_SLOW)) {
      try {
        boolean never = new CountDownLatch(1).await(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        if (never) {
          throw new AssertionError();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public String self() {
    return real.self();
  }

  @Override
  public Set<String> members() {
    call();
    return has(Fault.ANSWERS_EMPTY) ? Set.of(self()) : real.members();
  }

  @Override
  public Optional<String> fault() {
    call();
    return real.fault();
  }

  @Override
  public StagedFlight claim(String flight) {
    call();
    return has(Fault.FORGETS_CLAIMS)
        ? StagedFlight.begin(flight, self(), epoch.incrementAndGet())
        : real.claim(flight);
  }

  @Override
  public void update(StagedFlight mine) {
    call();
    real.update(mine);
  }

  @Override
  public void release(StagedFlight mine) {
    call();
    real.release(mine);
  }

  @Override
  public Optional<StagedFlight> find(String flight) {
    call();
    if (has(Fault.ANSWERS_EMPTY)) {
      return Optional.empty();
    }
    return has(Fault.LIES_ABOUT_THE_END)
        ? real.find(flight).map(attempt -> attempt.ended(StagedFlight.State.STORED))
        : real.find(flight);
  }

  @Override
  public void publish(StagedFlight mine, int nth, List<Extent> extents) {
    call();
    if (!has(Fault.FORGETS_BATCHES)) {
      real.publish(mine, nth, extents);
    }
  }

  @Override
  public Optional<List<Extent>> batch(StagedFlight attempt, int nth) {
    call();
    if (has(Fault.ANSWERS_EMPTY)) {
      return Optional.empty();
    }
    return has(Fault.LIES_ABOUT_EXTENTS)
        ? real.batch(attempt, nth).map(batch -> batch.stream().map(FaultyRegistry::lie).toList())
        : real.batch(attempt, nth);
  }

  private static Extent lie(Extent extent) {
    return new Extent(
        extent.blob() + "-missing", extent.offset(), extent.storedLength(), extent.length());
  }

  @Override
  public void follow(StagedFlight attempt) {
    call();
    real.follow(attempt);
  }

  @Override
  public boolean isFollowed(StagedFlight mine) {
    call();
    return !has(Fault.ANSWERS_EMPTY) && real.isFollowed(mine);
  }

  @Override
  public Registration watch(String flight, Runnable changed) {
    call();
    return real.watch(
        flight,
        () -> {
          if (!has(Fault.DROPS_EVENTS)) {
            changed.run();
          }
        });
  }

  @Override
  public void announce(String change) {
    call();
    if (!has(Fault.DROPS_EVENTS)) {
      real.announce(change);
    }
  }

  @Override
  public Registration listen(Consumer<String> action) {
    call();
    return real.listen(
        change -> {
          if (!has(Fault.DROPS_EVENTS)) {
            action.accept(change);
          }
        });
  }

  @Override
  public void close() {
    real.close();
  }
}
