package narthex.staging;

import java.lang.System.Logger.Level;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** Runs actions after changes of flights, in threads of an executor. Thread-safe. */
final class Watchers {
  /** In place of the name of a flight: all flights, or the members. */
  static final String ALL = "";

  private static final System.Logger LOG = System.getLogger(Watchers.class.getName());

  private final Executor executor;
  private final CopyOnWriteArrayList<Watched> watched = new CopyOnWriteArrayList<>();
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
    try {
      executor.execute(() -> run(flight));
    } catch (RejectedExecutionException closed) {
      LOG.log(Level.DEBUG, "change not passed on: the registry is closed");
    }
  }

  private void run(String flight) {
    try {
      first.accept(flight);
      for (Watched each : watched) {
        if (flight.equals(ALL) || each.flight().equals(flight)) {
          each.action().run();
        }
      }
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
}
