package narthex.staging;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import narthex.blob.Extent;

/** A registry that forgets, lies, is late, and throws, as its script says. Thread-safe. */
public final class FaultyRegistry implements InFlightRegistry {
  /** What is wrong with it. */
  public enum Fault {
    /** A claim always succeeds, and nobody learns of it before the fault ends. */
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
  private final CountDownLatch forgotContent = new CountDownLatch(1);
  private final CountDownLatch forgotBatch = new CountDownLatch(1);
  private final Map<Long, StagedFlight> forgotten = new ConcurrentHashMap<>(); // by epoch
  private final Map<Long, StagedFlight> announced = new ConcurrentHashMap<>(); // by epoch

  /** A registry that is right as long as it has no fault. */
  public FaultyRegistry(InFlightRegistry real) {
    this.real = real;
  }

  /** Waits until it has forgotten a claim and then the content of the flight. */
  public void awaitForgottenContent(Duration patience) {
    await(forgotContent, patience);
  }

  /** Waits until it has forgotten a batch. */
  public void awaitForgottenBatch(Duration patience) {
    await(forgotBatch, patience);
  }

  private static void await(CountDownLatch forgot, Duration patience) {
    try {
      if (!forgot.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("the registry forgot nothing");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
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
    if (fault == Fault.FORGETS_CLAIMS) {
      for (StagedFlight late : List.copyOf(forgotten.values())) {
        announced.put(late.epoch(), real.offer(late.flight()));
        forgotten.remove(late.epoch());
        real.update(known(late));
      }
    }
  }

  private StagedFlight forgotten(String flight) {
    StagedFlight mine = StagedFlight.begin(flight, self(), epoch.incrementAndGet());
    forgotten.put(mine.epoch(), mine);
    return mine;
  }

  /** The attempt as the real registry knows it. */
  private StagedFlight known(StagedFlight attempt) {
    StagedFlight late = announced.get(attempt.epoch());
    if (late == null) {
      return attempt;
    }
    StagedFlight now = attempt.state() == late.state() ? late : late.ended(attempt.state());
    StagedFlight.Content content = attempt.content();
    return content == null ? now : now.with(content);
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
    return has(Fault.FORGETS_CLAIMS) ? forgotten(flight) : real.claim(flight);
  }

  @Override
  public StagedFlight offer(String flight) {
    call();
    return has(Fault.FORGETS_CLAIMS) ? forgotten(flight) : real.offer(flight);
  }

  @Override
  public void update(StagedFlight mine) {
    call();
    if (forgotten.replace(mine.epoch(), mine) != null) {
      forgotContent.countDown();
    }
    real.update(known(mine));
  }

  @Override
  public void release(StagedFlight mine) {
    call();
    forgotten.remove(mine.epoch());
    real.release(known(mine));
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
    if (has(Fault.FORGETS_BATCHES)) {
      forgotBatch.countDown();
    } else {
      real.publish(known(mine), nth, extents);
    }
  }

  @Override
  public Optional<List<Extent>> batch(StagedFlight attempt, int nth) {
    call();
    if (has(Fault.ANSWERS_EMPTY)) {
      return Optional.empty();
    }
    return has(Fault.LIES_ABOUT_EXTENTS)
        ? real.batch(known(attempt), nth)
            .map(batch -> batch.stream().map(FaultyRegistry::lie).toList())
        : real.batch(known(attempt), nth);
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
    return !has(Fault.ANSWERS_EMPTY) && real.isFollowed(known(mine));
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
