package narthex.maintain;

import java.time.Instant;
import narthex.nix.OneLine;
import org.jspecify.annotations.Nullable;

/** Counts what a {@link Chore} does. Thread-safe, and never blocked by the work. */
final class ChoreTally {
  private ChoreState state; // guarded by this

  ChoreTally(String name) {
    this.state = new ChoreState(name, 0, 0, null, 0, null);
  }

  /** Work on an item begins. */
  synchronized void begun() {
    ChoreState now = state;
    state =
        new ChoreState(
            now.name(),
            now.running() + 1,
            now.finished(),
            now.finishedAt(),
            now.failed(),
            now.lastFailure());
  }

  /**
   * Work on an item has ended.
   *
   * @param done whether there was something to do and it was done
   * @param failure why it failed; null if it didn't
   */
  synchronized void ended(boolean done, @Nullable Exception failure, Instant at) {
    ChoreState now = state;
    state =
        new ChoreState(
            now.name(),
            now.running() - 1,
            now.finished() + (done ? 1 : 0),
            done ? at : now.finishedAt(),
            now.failed() + (failure == null ? 0 : 1),
            failure == null ? now.lastFailure() : OneLine.reason(failure));
  }

  synchronized ChoreState state() {
    return state;
  }
}
