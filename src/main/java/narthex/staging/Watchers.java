package narthex.staging;

import java.lang.System.Logger.Level;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Runs actions after changes of flights and after announcements, in threads of an executor.
 * Thread-safe.
 */
final class Watchers {
  /** In place of the name of a flight: all flights, or the members. */
  static final String ALL = "";

  private static final System.Logger LOG = System.getLogger(Watchers.class.getName());

  private final Executor executor;
  private final CopyOnWriteArrayList<Watched> watched = new CopyOnWriteArrayList<>();
  private final CopyOnWriteArrayList<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private volatile Consumer<String> first = flight -> {};

  Watchers(Executor executor) {
    this.executor = executor;
  }

  private record Watched(String flight, Runnable action) {}

  /** Sets what runs before all other actions, with the name of the flight. */
  void first(Consumer<String> action) {
    first = action;
  }

  /** Starts the actions for a flight, or for all. Doesn't wait for them. */
  void changed(String flight) {
    start(() -> run(flight));
  }

  /** Starts the actions for an announcement of another replica. Doesn't wait for them. */
  void announced(String change) {
    start(() -> listeners.forEach(listener -> listener.accept(change)));
  }

  private void start(Runnable actions) {
    try {
      executor.execute(() -> run(actions));
    } catch (RejectedExecutionException closed) {
      LOG.log(Level.DEBUG, "change not passed on: the registry is closed");
    }
  }

  private void run(String flight) {
    first.accept(flight);
    for (Watched each : watched) {
      if (flight.equals(ALL) || each.flight().equals(flight)) {
        each.action().run();
      }
    }
  }

  private static void run(Runnable actions) {
    try {
      actions.run();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "action after a change failed", e);
    }
  }

  /** Adds an action for one flight; with {@link #ALL}, for changes of the members. */
  InFlightRegistry.Registration add(String flight, Runnable action) {
    Watched one = new Watched(flight, action);
    watched.add(one);
    return () -> watched.remove(one);
  }

  /** Adds an action for announcements. */
  InFlightRegistry.Registration listen(Consumer<String> action) {
    listeners.add(action);
    return () -> listeners.remove(action);
  }
}
