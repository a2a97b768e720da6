package narthex.staging;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import narthex.blob.Extent;

/**
 * Keeps a fault of a registry away from its users: where the registry throws, answers as if this
 * replica were alone. Thread-safe.
 */
public final class GuardedRegistry implements InFlightRegistry {
  private static final System.Logger LOG = System.getLogger(GuardedRegistry.class.getName());

  private final InFlightRegistry registry;

  /** Guards a registry; closing the guard closes it. */
  public GuardedRegistry(InFlightRegistry registry) {
    this.registry = registry;
  }

  private static <T> T ask(String call, Supplier<T> question, T alone) {
    try {
      return question.get();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "cluster registry failed call={0} reason={1}", call, e.toString());
      return alone;
    }
  }

  private static void tell(String call, Runnable message) {
    ask(
        call,
        () -> {
          message.run();
          return true;
        },
        false);
  }

  @Override
  public String self() {
    return registry.self();
  }

  @Override
  public Set<String> members() {
    return ask("members", registry::members, Set.of(self()));
  }

  @Override
  public Optional<String> fault() {
    return ask("fault", registry::fault, Optional.empty());
  }

  @Override
  public StagedFlight claim(String flight) {
    return ask("claim", () -> registry.claim(flight), StagedFlight.begin(flight, self(), 0));
  }

  @Override
  public StagedFlight offer(String flight) {
    return ask("offer", () -> registry.offer(flight), StagedFlight.begin(flight, self(), 0));
  }

  @Override
  public void update(StagedFlight mine) {
    tell("update", () -> registry.update(mine));
  }

  @Override
  public void release(StagedFlight mine) {
    tell("release", () -> registry.release(mine));
  }

  @Override
  public Optional<StagedFlight> find(String flight) {
    return ask("find", () -> registry.find(flight), Optional.empty());
  }

  @Override
  public void publish(StagedFlight mine, int nth, List<Extent> extents) {
    tell("publish", () -> registry.publish(mine, nth, extents));
  }

  @Override
  public Optional<List<Extent>> batch(StagedFlight attempt, int nth) {
    return ask("batch", () -> registry.batch(attempt, nth), Optional.empty());
  }

  @Override
  public void follow(StagedFlight attempt) {
    tell("follow", () -> registry.follow(attempt));
  }

  @Override
  public boolean isFollowed(StagedFlight mine) {
    return ask("isFollowed", () -> registry.isFollowed(mine), false);
  }

  @Override
  public Registration watch(String flight, Runnable changed) {
    return ask("watch", () -> registry.watch(flight, changed), () -> {});
  }

  @Override
  public void announce(String change) {
    tell("announce", () -> registry.announce(change));
  }

  @Override
  public Registration listen(Consumer<String> listener) {
    return ask("listen", () -> registry.listen(listener), () -> {});
  }

  @Override
  public void close() {
    tell("close", registry::close);
  }
}
